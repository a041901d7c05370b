// How repetitive a text is: utils.py compression_ratio of openai/whisper.

#include <zlib.h>

#include <array>
#include <limits>

#include "decode/decoding.h"

namespace skald::decode {

double compression_ratio(const std::string& text) {
  z_stream stream{};
  if (deflateInit(&stream, Z_DEFAULT_COMPRESSION) != Z_OK) return std::numeric_limits<double>::quiet_NaN();
  // zlib's interface is not const-correct; it does not write to its input.
  stream.next_in = reinterpret_cast<Bytef*>(const_cast<char*>(text.data()));
  stream.avail_in = static_cast<uInt>(text.size());
  std::array<Bytef, 4096> out{};
  int status = Z_OK;
  while (status == Z_OK || status == Z_BUF_ERROR) {
    stream.next_out = out.data();
    stream.avail_out = static_cast<uInt>(out.size());
    status = deflate(&stream, Z_FINISH);
  }
  const auto compressed = static_cast<double>(stream.total_out);
  deflateEnd(&stream);
  return static_cast<double>(text.size()) / compressed;
}

}  // namespace skald::decode
