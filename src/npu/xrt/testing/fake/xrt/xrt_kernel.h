#pragma once

#include <chrono>
#include <condition_variable>
#include <exception>
#include <memory>
#include <string>
#include <type_traits>

#include "xrt/xrt_bo.h"
#include "xrt/xrt_hw_context.h"

// Values: XRT's ert.h.
enum ert_cmd_state {
  ERT_CMD_STATE_NEW = 1,
  ERT_CMD_STATE_QUEUED = 2,
  ERT_CMD_STATE_RUNNING = 3,
  ERT_CMD_STATE_COMPLETED = 4,
  ERT_CMD_STATE_ERROR = 5,
  ERT_CMD_STATE_ABORT = 6,
  ERT_CMD_STATE_SUBMITTED = 7,
  ERT_CMD_STATE_TIMEOUT = 8,
};

namespace xrt {

class kernel {
 public:
  kernel() = default;
  kernel(const xrt::hw_context& ctx, const std::string& name);
  int group_id(int argno) const;
  const std::string& fake_name() const { return name_; }

 private:
  xrt::hw_context context_;
  std::string name_;
};

class run {
 public:
  class command_error : public std::exception {
   public:
    command_error(ert_cmd_state state, const std::string& what) : state_(state), what_(what) {}
    ert_cmd_state get_command_state() const { return state_; }
    const char* what() const noexcept override { return what_.c_str(); }

   private:
    ert_cmd_state state_;
    std::string what_;
  };

  run() = default;
  explicit run(const kernel& krnl);
  void start();
  std::cv_status wait2(const std::chrono::milliseconds& timeout) const;

  template <typename ArgType>
  void set_arg(int index, ArgType&& arg) {
    set_arg_at_index(index, &arg, sizeof(arg));
  }
  void set_arg(int index, xrt::bo& boh) { set_arg_at_index(index, boh); }
  void set_arg(int index, const xrt::bo& boh) { set_arg_at_index(index, boh); }

  struct impl;
  const std::shared_ptr<impl>& get_handle() const { return handle_; }

 private:
  void set_arg_at_index(int index, const void* value, size_t bytes);
  void set_arg_at_index(int index, const xrt::bo& boh);
  std::shared_ptr<impl> handle_;
};

}  // namespace xrt
