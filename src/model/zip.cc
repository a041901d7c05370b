#include "model/zip.h"

#include <algorithm>
#include <cstdint>
#include <optional>
#include <utility>

#include "model/byte_reader.h"
#include "model/damaged.h"
#include "model/json.h"

namespace skald::model {
namespace {

constexpr uint32_t kEndSignature = 0x06054b50;
constexpr uint32_t kEnd64Signature = 0x06064b50;
constexpr uint32_t kLocator64Signature = 0x07064b50;
constexpr uint32_t kEntrySignature = 0x02014b50;
constexpr uint32_t kLocalSignature = 0x04034b50;
constexpr size_t kEndBytes = 22;
constexpr size_t kLocator64Bytes = 20;
constexpr size_t kMostComment = 65535;
constexpr uint16_t kSmall16 = 0xFFFF;      // the number is in a zip64 record
constexpr uint32_t kSmall32 = 0xFFFFFFFF;  // likewise

/// A reader of the file from `offset` on.
Result<ByteReader> reader_at(std::span<const std::byte> file, uint64_t offset, const std::string& where) {
  if (offset > file.size()) return damaged(where, "is a zip archive whose directory lies outside of it");
  return ByteReader(file.subspan(static_cast<size_t>(offset)), where);
}

struct Directory {
  uint64_t offset = 0;
  uint64_t entries = 0;
};

/// Where the end record is; nothing without one.
std::optional<size_t> find_end(std::span<const std::byte> file) {
  if (file.size() < kEndBytes) return std::nullopt;
  const size_t last = file.size() - kEndBytes;
  const size_t first = last > kMostComment ? last - kMostComment : 0;
  for (size_t at = last + 1; at-- > first;) {
    uint32_t signature = 0;
    std::memcpy(&signature, file.data() + at, sizeof signature);
    if (signature == kEndSignature) return at;
  }
  return std::nullopt;
}

Result<Directory> read_directory64(std::span<const std::byte> file, size_t end, const std::string& where) {
  if (end < kLocator64Bytes) return damaged(where, "is a zip archive without the record of its large directory");
  SKALD_TRY(ByteReader locator, reader_at(file, end - kLocator64Bytes, where));
  SKALD_TRY(const uint32_t signature, locator.read<uint32_t>("its directory"));
  if (signature != kLocator64Signature)
    return damaged(where, "is a zip archive without the record of its large directory");
  SKALD_CHECK(locator.take(sizeof(uint32_t), "its directory"));
  SKALD_TRY(const uint64_t offset, locator.read<uint64_t>("its directory"));
  SKALD_TRY(ByteReader record, reader_at(file, offset, where));
  SKALD_TRY(const uint32_t record_signature, record.read<uint32_t>("its directory"));
  if (record_signature != kEnd64Signature) return damaged(where, "is a zip archive whose large directory is not there");
  SKALD_CHECK(record.take(28, "its directory"));  // sizes, versions, disks, entries of this disk
  Directory directory;
  SKALD_TRY(directory.entries, record.read<uint64_t>("its directory"));
  SKALD_CHECK(record.take(sizeof(uint64_t), "its directory"));
  SKALD_TRY(directory.offset, record.read<uint64_t>("its directory"));
  return directory;
}

Result<Directory> read_directory(std::span<const std::byte> file, const std::string& where) {
  const auto end = find_end(file);
  if (!end) return damaged(where, "is no whole zip archive: its directory is missing");
  SKALD_TRY(ByteReader record, reader_at(file, *end + 10, where));  // after signature, disks, entries of this disk
  SKALD_TRY(const uint16_t entries, record.read<uint16_t>("its directory"));
  SKALD_CHECK(record.take(sizeof(uint32_t), "its directory"));
  SKALD_TRY(const uint32_t offset, record.read<uint32_t>("its directory"));
  if (entries == kSmall16 || offset == kSmall32) return read_directory64(file, *end, where);
  return Directory{.offset = offset, .entries = entries};
}

struct Entry {
  std::string name;
  uint64_t bytes = 0;
  uint64_t offset = 0;  ///< of its local header
};

/// Numbers that do not fit stand in extra field 1: size, stored size, offset, those of them that are missing.
Result<void> read_extra(ByteReader extra, uint64_t& whole, Entry& entry) {
  while (extra.left() >= 4) {
    SKALD_TRY(const uint16_t kind, extra.read<uint16_t>("a member's extra field"));
    SKALD_TRY(const uint16_t size, extra.read<uint16_t>("a member's extra field"));
    SKALD_TRY(const auto content, extra.take(size, "a member's extra field"));
    if (kind != 1) continue;
    ByteReader numbers(content, extra.where());
    for (uint64_t* number : {&whole, &entry.bytes, &entry.offset}) {
      if (*number != kSmall32) continue;
      SKALD_TRY(*number, numbers.read<uint64_t>("a member's sizes"));
    }
  }
  return {};
}

Result<Entry> read_entry(ByteReader& reader) {
  const char* const what = "its directory";
  SKALD_TRY(const uint32_t signature, reader.read<uint32_t>(what));
  if (signature != kEntrySignature) return damaged(reader.where(), "is a zip archive with a broken directory");
  SKALD_CHECK(reader.take(4, what));  // versions
  SKALD_TRY(const uint16_t flags, reader.read<uint16_t>(what));
  SKALD_TRY(const uint16_t method, reader.read<uint16_t>(what));
  SKALD_CHECK(reader.take(8, what));  // time, date, checksum
  SKALD_TRY(const uint32_t stored, reader.read<uint32_t>(what));
  SKALD_TRY(const uint32_t size, reader.read<uint32_t>(what));
  SKALD_TRY(const uint16_t name, reader.read<uint16_t>(what));
  SKALD_TRY(const uint16_t extra, reader.read<uint16_t>(what));
  SKALD_TRY(const uint16_t comment, reader.read<uint16_t>(what));
  SKALD_CHECK(reader.take(8, what));  // disk, attributes
  SKALD_TRY(const uint32_t offset, reader.read<uint32_t>(what));
  Entry entry{.bytes = stored, .offset = offset};
  SKALD_TRY(const std::string_view text, reader.text(name, what));
  entry.name = text;
  SKALD_TRY(const auto fields, reader.take(extra, what));
  uint64_t whole = size;
  SKALD_CHECK(read_extra(ByteReader(fields, reader.where()), whole, entry));
  SKALD_CHECK(reader.take(comment, what));
  if (method != 0 || (flags & 1U) != 0 || whole != entry.bytes) {
    return fail(ErrorCode::kUnsupported, reader.where(), "its member " + shown(entry.name) + " is compressed",
                "save it again with torch.save, which stores");
  }
  return entry;
}

Result<ZipMember> find_member(std::span<const std::byte> file, Entry entry, const std::string& where) {
  SKALD_TRY(ByteReader reader, reader_at(file, entry.offset, where));
  SKALD_TRY(const uint32_t signature, reader.read<uint32_t>("a member's head"));
  if (signature != kLocalSignature)
    return damaged(where, "its member " + shown(entry.name) + " is not where it should be");
  SKALD_CHECK(reader.take(22, "a member's head"));
  SKALD_TRY(const uint16_t name, reader.read<uint16_t>("a member's head"));
  SKALD_TRY(const uint16_t extra, reader.read<uint16_t>("a member's head"));
  SKALD_CHECK(reader.take(size_t{name} + extra, "a member's head"));
  SKALD_TRY(const auto bytes, reader.take(entry.bytes, "member " + shown(entry.name)));
  return ZipMember{.name = std::move(entry.name), .bytes = bytes};
}

}  // namespace

Result<std::vector<ZipMember>> parse_zip(std::span<const std::byte> file, const std::string& where) {
  SKALD_TRY(const Directory directory, read_directory(file, where));
  SKALD_TRY(ByteReader reader, reader_at(file, directory.offset, where));
  std::vector<ZipMember> members;
  for (uint64_t i = 0; i < directory.entries; ++i) {
    SKALD_TRY(Entry entry, read_entry(reader));
    SKALD_TRY(ZipMember member, find_member(file, std::move(entry), where));
    members.push_back(std::move(member));
  }
  return members;
}

}  // namespace skald::model
