#pragma once

#include "xrt/xrt_kernel.h"

namespace xrt {

class runlist {
 public:
  class command_error : public std::exception {
   public:
    command_error(const xrt::run&, ert_cmd_state state, const std::string& what) : state_(state), what_(what) {}
    ert_cmd_state get_command_state() const { return state_; }
    const char* what() const noexcept override { return what_.c_str(); }

   private:
    ert_cmd_state state_;
    std::string what_;
  };

  runlist() = default;
  explicit runlist(const xrt::hw_context& hwctx);
  void add(const xrt::run& run);
  void execute();
  std::cv_status wait(const std::chrono::milliseconds& timeout) const;
  void reset();

  struct impl;

 private:
  std::shared_ptr<impl> handle_;
};

}  // namespace xrt
