#pragma once
// XRT throws; nothing of that leaves this folder.

#include <cerrno>
#include <exception>
#include <new>
#include <string>
#include <system_error>
#include <type_traits>

#include "npu/device/state.h"
#include "xrt/experimental/xrt_kernel.h"
#include "xrt/xrt_kernel.h"

namespace skald::npu {

/// Calls `call`; what it throws becomes an Error about `where`.
template <class F>
Result<std::invoke_result_t<F>> guarded(Doing doing, const std::string& where, F&& call) {
  try {
    if constexpr (std::is_void_v<std::invoke_result_t<F>>) {
      std::forward<F>(call)();
      return {};
    } else {
      return std::forward<F>(call)();
    }
  } catch (const xrt::run::command_error& error) {
    return std::unexpected(error_of_state(static_cast<CommandState>(error.get_command_state()), where, error.what()));
  } catch (const xrt::runlist::command_error& error) {
    return std::unexpected(error_of_state(static_cast<CommandState>(error.get_command_state()), where, error.what()));
  } catch (const std::system_error& error) {  // its numbers are errno, some of them negative
    const int number = error.code().value();
    return std::unexpected(error_of_call(doing, number < 0 ? -number : number, where, error.what()));
  } catch (const std::bad_alloc&) {
    return std::unexpected(error_of_call(doing, ENOMEM, where, "out of memory"));
  } catch (const std::exception& error) {
    return std::unexpected(error_of_call(doing, 0, where, error.what()));
  } catch (...) {
    return std::unexpected(error_of_call(doing, 0, where, "an exception of an unknown type"));
  }
}

}  // namespace skald::npu
