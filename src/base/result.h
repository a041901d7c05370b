#pragma once
// Propagation of errors without nesting. GCC 12 has no monadic members on std::expected.

#include "skald/error.h"

/// Returns the error of `expr` (a Result) from the enclosing function, or goes on.
#define SKALD_CHECK(expr)                                       \
  do {                                                          \
    if (auto skald_result_ = (expr); !skald_result_) {          \
      return std::unexpected(std::move(skald_result_).error()); \
    }                                                           \
  } while (false)

/// Declares `decl` with the value of `expr` (a Result), or returns its error: SKALD_TRY(auto x, f());
#define SKALD_TRY(decl, expr) SKALD_TRY_IMPL_(SKALD_CONCAT_(skald_try_, __LINE__), decl, expr)
// NOLINTBEGIN(bugprone-macro-parentheses): a declaration cannot stand in parentheses
#define SKALD_TRY_IMPL_(tmp, decl, expr)                    \
  auto tmp = (expr);                                        \
  if (!tmp) return std::unexpected(std::move(tmp).error()); \
  decl = *std::move(tmp)
// NOLINTEND(bugprone-macro-parentheses)
#define SKALD_CONCAT_(a, b) SKALD_CONCAT_IMPL_(a, b)
#define SKALD_CONCAT_IMPL_(a, b) a##b
