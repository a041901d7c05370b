// The program `skald`: see program.h.

#include <exception>
#include <new>
#include <string>
#include <vector>

#include "console.h"
#include "interrupt.h"
#include "program.h"

int main(int argc, char** argv) {
  using skald::ErrorCode;
  skald::cli::install_signal_handlers();
  try {
    const std::vector<std::string> arguments(argv + (argc > 0 ? 1 : 0), argv + argc);
    return skald::cli::run_program(arguments);
  } catch (const std::bad_alloc&) {
    skald::cli::complain({ErrorCode::kOutOfMemory, "", "there is not enough memory", "close other programs"});
  } catch (const std::exception& e) {
    skald::cli::complain({ErrorCode::kInternal, "", e.what(), "please report this"});
  }
  return skald::cli::kResources;
}
