#pragma once
// ONNX files, as far as a model's weights ask for: initialisers, and the nodes that use them. Fields and numbers:
// https://github.com/onnx/onnx/blob/main/onnx/onnx.proto3; wire format:
// https://protobuf.dev/programming-guides/encoding

#include <cstddef>
#include <cstdint>
#include <map>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "base/result.h"
#include "base/tensor.h"

namespace skald::model {

/// An initialiser.
struct OnnxTensor {
  std::string_view name;
  Shape shape;
  int32_t type = 0;                  ///< TensorProto.DataType
  std::span<const std::byte> bytes;  ///< little-endian, in the file
  std::vector<int64_t> integers;     ///< of "int32_data", as some writers keep small ones
  std::string_view external;         ///< the file that holds the bytes; empty: this one
  uint64_t offset = 0;               ///< there
  uint64_t length = 0;               ///< there; 0: to its end
};

struct OnnxNode {
  std::string_view name;
  std::string_view op;
  std::vector<std::string_view> inputs;
  std::vector<std::string_view> outputs;
};

/// Everything of a graph and of the graphs in its nodes' attributes (the branches of a merged decoder).
struct OnnxGraph {
  std::map<std::string_view, OnnxTensor, std::less<>> tensors;
  std::vector<OnnxNode> nodes;  ///< MatMul, MatMulInteger and DequantizeLinear alone
};

/// Reads a whole file in memory; the result points into it. Tensors of more than four dimensions are left out: no
/// weight has them. Errors: kBadModel.
Result<OnnxGraph> parse_onnx(std::span<const std::byte> file, const std::string& where);

}  // namespace skald::model
