#include "npu/device/artifact_file.h"

#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <bit>
#include <cstring>
#include <type_traits>
#include <utility>

#include "base/file.h"
#include "model/byte_reader.h"
#include "npu/device/sha256.h"

namespace skald::npu {
namespace {

using model::ByteReader;
static_assert(std::endian::native == std::endian::little, "numbers are copied as they are");

constexpr std::array<char, 8> kArtifactMagic{'S', 'K', 'A', 'L', 'D', 'N', 'P', 'U'};
constexpr uint32_t kFormatVersion = 1;
// In the file's order, each once.
enum ArtifactSection : uint32_t { kPlan = 1, kArguments, kInstructions, kPatches, kXclbin };
constexpr uint32_t kSections = 5;
constexpr size_t kHeaderBytes = sizeof kArtifactMagic + 2 * sizeof(uint32_t) + sizeof(uint64_t) + sizeof(Sha256);
constexpr size_t kEntryBytes = 2 * sizeof(uint32_t) + 2 * sizeof(uint64_t) + sizeof(Sha256);
constexpr size_t kTableBytes = kSections * kEntryBytes;
constexpr uint32_t kLongestText = 4096;  // bytes of a name
constexpr uint32_t kMostArguments = 64;
constexpr const char* kBuildAgain = "build it again with skald npu build MODEL";

constexpr auto kNumbers = std::to_array<std::pair<int64_t ArtifactPlan::*, const char*>>({
    {&ArtifactPlan::positions, "positions"},
    {&ArtifactPlan::mel_bands, "mel bands"},
    {&ArtifactPlan::width, "columns"},
    {&ArtifactPlan::heads, "heads"},
    {&ArtifactPlan::hidden, "hidden columns"},
    {&ArtifactPlan::layers, "layers"},
    {&ArtifactPlan::windows, "windows a launch"},
    {&ArtifactPlan::weight_bytes, "bytes of weights"},
});

class ArtifactWriter {
 public:
  template <class T>
  void put(T value) {
    static_assert(std::is_arithmetic_v<T>);
    put_bytes(std::as_bytes(std::span(&value, 1)));
  }
  void put_text(const std::string& text) {
    put(static_cast<uint32_t>(text.size()));
    bytes_ += text;
  }
  void put_bytes(std::span<const std::byte> bytes) {
    bytes_.append(reinterpret_cast<const char*>(bytes.data()), bytes.size());
  }
  std::string take() { return std::move(bytes_); }

 private:
  std::string bytes_;
};

/// What holds for every artifact, written or read.
Result<void> check_parts(const ArtifactFile& file, const std::string& where) {
  SKALD_TRY(const auto found, address_patches(file.artifact.instructions, where));
  if (found != file.patches) {
    return fail(ErrorCode::kBadModel, where, "its table of patches is not that of its instructions", kBuildAgain);
  }
  const auto& arguments = file.artifact.arguments;
  for (const AddressPatch& patch : file.patches) {
    if (patch.argument < arguments.size() && patch.offset < arguments[patch.argument].bytes) continue;
    return fail(ErrorCode::kInvalidArgument, where,
                fmt::format("instruction word {} takes byte {} of argument {}, which is not there", patch.word,
                            patch.offset, patch.argument),
                kBuildAgain);
  }
  if (file.artifact.xclbin.empty() || file.artifact.kernel.empty()) {
    return fail(ErrorCode::kInvalidArgument, where, "has no configuration of the array (xclbin)", kBuildAgain);
  }
  return {};
}

std::string plan_section(const ArtifactFile& file) {
  ArtifactWriter out;
  for (const auto* text : {&file.plan.device, &file.plan.precision, &file.plan.program, &file.artifact.name,
                           &file.artifact.kernel, &file.origin.text, &file.origin.dialect, &file.origin.tools}) {
    out.put_text(*text);
  }
  out.put(file.plan.weights_layout);
  for (const auto& [number, _] : kNumbers) out.put(file.plan.*number);
  return out.take();
}

std::string argument_section(const ArtifactFile& file) {
  ArtifactWriter out;
  out.put(static_cast<uint32_t>(file.artifact.arguments.size()));
  for (const ArtifactArgument& argument : file.artifact.arguments) {
    out.put_text(argument.name);
    out.put(static_cast<uint32_t>(argument.access));
    out.put(static_cast<uint64_t>(argument.bytes));
  }
  return out.take();
}

std::string patch_section(const ArtifactFile& file) {
  ArtifactWriter out;
  for (const AddressPatch& patch : file.patches) {
    out.put(patch.word);
    out.put(patch.argument);
    out.put(patch.address);
    out.put(patch.offset);
  }
  return out.take();
}

// ---- Reading.

Result<std::string> read_text(ByteReader& in, std::string_view what) {
  SKALD_TRY(const auto bytes, in.read<uint32_t>(what));
  if (bytes > kLongestText) {
    return fail(ErrorCode::kBadModel, in.where(), fmt::format("a name of {} bytes in {}", bytes, what));
  }
  SKALD_TRY(const auto found, in.text(bytes, what));
  return std::string(found);
}

Result<void> read_plan(ByteReader in, ArtifactFile& file) {
  for (auto* to : {&file.plan.device, &file.plan.precision, &file.plan.program, &file.artifact.name,
                   &file.artifact.kernel, &file.origin.text, &file.origin.dialect, &file.origin.tools}) {
    SKALD_TRY(*to, read_text(in, "the plan"));
  }
  SKALD_TRY(file.plan.weights_layout, in.read<int64_t>("the plan"));
  for (const auto& [number, _] : kNumbers) {
    SKALD_TRY(file.plan.*number, in.read<int64_t>("the plan"));
  }
  if (in.left() == 0) return {};
  return fail(ErrorCode::kBadModel, in.where(), fmt::format("{} bytes behind the plan", in.left()));
}

Result<void> read_arguments(ByteReader in, ArtifactFile& file) {
  SKALD_TRY(const auto count, in.read<uint32_t>("the arguments"));
  if (count > kMostArguments) {
    return fail(ErrorCode::kBadModel, in.where(), fmt::format("{} arguments of a launch", count));
  }
  for (uint32_t i = 0; i < count; ++i) {
    ArtifactArgument& argument = file.artifact.arguments.emplace_back();
    SKALD_TRY(argument.name, read_text(in, "the arguments"));
    SKALD_TRY(const auto access, in.read<uint32_t>("the arguments"));
    SKALD_TRY(argument.bytes, in.read<uint64_t>("the arguments"));
    if (access > static_cast<uint32_t>(Access::kReadWrite)) {
      return fail(ErrorCode::kBadModel, in.where(), fmt::format("argument {} has direction {}", i, access));
    }
    argument.access = static_cast<Access>(access);
  }
  if (in.left() == 0) return {};
  return fail(ErrorCode::kBadModel, in.where(), fmt::format("{} bytes behind the arguments", in.left()));
}

Result<void> read_words(std::span<const std::byte> bytes, ArtifactFile& file, const std::string& where) {
  if (bytes.size() % sizeof(uint32_t) != 0) {
    return fail(ErrorCode::kBadModel, where, fmt::format("{} bytes of instructions are no whole words", bytes.size()));
  }
  file.artifact.instructions.resize(bytes.size() / sizeof(uint32_t));
  if (!bytes.empty()) std::memcpy(file.artifact.instructions.data(), bytes.data(), bytes.size());
  return {};
}

Result<void> read_patches(ByteReader in, ArtifactFile& file) {
  while (in.left() > 0) {
    AddressPatch& patch = file.patches.emplace_back();
    SKALD_TRY(patch.word, in.read<uint64_t>("the patches"));
    SKALD_TRY(patch.argument, in.read<uint32_t>("the patches"));
    SKALD_TRY(patch.address, in.read<uint32_t>("the patches"));
    SKALD_TRY(patch.offset, in.read<uint64_t>("the patches"));
  }
  return {};
}

/// The bytes of each section, in their order, after all that is not of them was checked.
Result<std::array<std::span<const std::byte>, kSections>> sections_of(std::span<const std::byte> bytes,
                                                                      const std::string& where) {
  ByteReader in(bytes, where);
  const auto magic = in.text(sizeof kArtifactMagic, "the header");
  if (!magic || !std::ranges::equal(*magic, kArtifactMagic)) {
    return fail(ErrorCode::kBadModel, where, "is no artifact of skald npu build");
  }
  SKALD_TRY(const auto version, in.read<uint32_t>("the header"));
  if (version != kFormatVersion) {
    return fail(
        ErrorCode::kUnsupported, where,
        fmt::format("has version {} of the format, this Skald reads {}", version, kFormatVersion),
        version > kFormatVersion ? "use the Skald that built it, or build it again with this one" : kBuildAgain);
  }
  SKALD_TRY(const auto count, in.read<uint32_t>("the header"));
  SKALD_TRY(const auto whole, in.read<uint64_t>("the header"));
  SKALD_TRY(const auto table_hash, in.take(sizeof(Sha256), "the header"));
  if (whole != bytes.size()) {
    return fail(ErrorCode::kBadModel, where, fmt::format("states {} bytes and holds {}", whole, bytes.size()));
  }
  if (count != kSections) return fail(ErrorCode::kBadModel, where, fmt::format("has {} sections", count));
  SKALD_TRY(const auto table, in.take(kTableBytes, "the table of sections"));
  if (!std::ranges::equal(sha256(table), table_hash)) {
    return fail(ErrorCode::kBadModel, where, "is damaged: the hash of its table of sections is another");
  }
  ByteReader entries(table, where);
  std::array<std::span<const std::byte>, kSections> sections;
  size_t next = kHeaderBytes + kTableBytes;
  for (uint32_t i = 0; i < kSections; ++i) {
    SKALD_TRY(const auto kind, entries.read<uint32_t>("the table of sections"));
    SKALD_TRY(const auto unused, entries.read<uint32_t>("the table of sections"));
    SKALD_TRY(const auto offset, entries.read<uint64_t>("the table of sections"));
    SKALD_TRY(const auto size, entries.read<uint64_t>("the table of sections"));
    SKALD_TRY(const auto hash, entries.take(sizeof(Sha256), "the table of sections"));
    if (kind != i + 1 || unused != 0 || offset != next || offset > bytes.size() || size > bytes.size() - offset) {
      return fail(ErrorCode::kBadModel, where, fmt::format("section {} is not where it belongs", i + 1));
    }
    sections[i] = bytes.subspan(offset, size);
    if (!std::ranges::equal(sha256(sections[i]), hash)) {
      return fail(ErrorCode::kBadModel, where, fmt::format("is damaged: the hash of section {} is another", kind));
    }
    next = offset + size;
  }
  if (next != bytes.size()) {
    return fail(ErrorCode::kBadModel, where, fmt::format("{} bytes, sections end at {}", bytes.size(), next));
  }
  return sections;
}

Result<ArtifactFile> parse_sections(std::span<const std::byte> bytes, const std::string& where) {
  SKALD_TRY(const auto sections, sections_of(bytes, where));
  const auto reader = [&](ArtifactSection section) { return ByteReader(sections[section - 1], where); };
  ArtifactFile file;
  SKALD_CHECK(read_plan(reader(kPlan), file));
  SKALD_CHECK(read_arguments(reader(kArguments), file));
  SKALD_CHECK(read_words(sections[kInstructions - 1], file, where));
  SKALD_CHECK(read_patches(reader(kPatches), file));
  const auto xclbin = sections[kXclbin - 1];
  const auto* const first = reinterpret_cast<const char*>(xclbin.data());
  file.artifact.xclbin.assign(first, first + xclbin.size());
  SKALD_CHECK(check_parts(file, where));
  file.where = where;
  return file;
}

}  // namespace

Result<std::string> artifact_bytes(const ArtifactFile& file) {
  ArtifactFile whole = file;
  SKALD_TRY(whole.patches, address_patches(file.artifact.instructions, file.artifact.name));
  SKALD_CHECK(check_parts(whole, file.artifact.name));
  const auto& words = whole.artifact.instructions;
  const std::array<std::string, kSections> sections = {
      plan_section(whole), argument_section(whole),
      std::string(reinterpret_cast<const char*>(words.data()), words.size() * sizeof(uint32_t)), patch_section(whole),
      std::string(whole.artifact.xclbin.begin(), whole.artifact.xclbin.end())};
  ArtifactWriter table;
  std::string body;
  for (uint32_t i = 0; i < kSections; ++i) {
    table.put(i + 1);
    table.put(uint32_t{0});
    table.put(static_cast<uint64_t>(kHeaderBytes + kTableBytes + body.size()));
    table.put(static_cast<uint64_t>(sections[i].size()));
    table.put_bytes(sha256(std::as_bytes(std::span(sections[i]))));
    body += sections[i];
  }
  const std::string entries = table.take();
  ArtifactWriter out;
  out.put_bytes(std::as_bytes(std::span(kArtifactMagic)));
  out.put(kFormatVersion);
  out.put(kSections);
  out.put(static_cast<uint64_t>(kHeaderBytes + entries.size() + body.size()));
  out.put_bytes(sha256(std::as_bytes(std::span(entries))));
  return out.take() + entries + body;
}

Result<ArtifactFile> parse_artifact(std::span<const std::byte> bytes, const std::string& where) {
  auto parsed = parse_sections(bytes, where);
  // ByteReader speaks of downloads; nobody downloads these.
  if (!parsed && parsed.error().code == ErrorCode::kBadModel) parsed.error().remedy = kBuildAgain;
  return parsed;
}

Result<void> write_artifact(const std::filesystem::path& path, const ArtifactFile& file) {
  SKALD_TRY(const std::string bytes, artifact_bytes(file));
  return write_file(path, bytes);
}

Result<ArtifactFile> read_artifact(const std::filesystem::path& path) {
  SKALD_TRY(const MappedFile mapped, MappedFile::open(path));
  return parse_artifact(mapped.bytes(), path.string());
}

Result<void> check_plan(const ArtifactPlan& plan, const ArtifactPlan& wanted, const std::string& where) {
  if (plan.device != wanted.device) {
    return fail(ErrorCode::kUnsupported, where,
                fmt::format("was built for the device {}, this is {}", plan.device, wanted.device), kBuildAgain);
  }
  const auto other = [&](const std::string& difference) {
    return fail(ErrorCode::kBadModel, where, difference, kBuildAgain);
  };
  if (plan.precision != wanted.precision) {
    return other(fmt::format("computes in {}, {} is asked for", plan.precision, wanted.precision));
  }
  for (const auto& [number, name] : kNumbers) {
    if (number == &ArtifactPlan::weight_bytes) continue;  // follow from all others
    if (plan.*number != wanted.*number) {
      return other(fmt::format("is of an encoder with {} {}, this one has {}", plan.*number, name, wanted.*number));
    }
  }
  if (plan.weights_layout != wanted.weights_layout || plan.weight_bytes != wanted.weight_bytes) {
    return other(fmt::format("takes weights in layout {} ({} bytes), this Skald packs layout {} ({} bytes)",
                             plan.weights_layout, plan.weight_bytes, wanted.weights_layout, wanted.weight_bytes));
  }
  if (plan.program != wanted.program) {
    return other(fmt::format("was built for Program {}, this is {}: int8 steps or the planner have changed",
                             plan.program, wanted.program));
  }
  return {};
}

}  // namespace skald::npu
