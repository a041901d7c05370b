#pragma once

#include <string>
#include <vector>

namespace xrt {

class xclbin {
 public:
  class kernel {
   public:
    explicit kernel(std::string name) : name_(std::move(name)) {}
    std::string get_name() const { return name_; }

   private:
    std::string name_;
  };

  explicit xclbin(const std::vector<char>& data);
  std::vector<kernel> get_kernels() const;
};

}  // namespace xrt
