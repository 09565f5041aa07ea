#pragma once
/// @file server/command/tell.h
/// Lines on standard error. Where nobody reads them (a closed pipe, a full disk below a log file) they are lost, and
/// nothing else is: fmt::print would throw, out of a handler, or in the middle of a request. Safe from any thread.
#include <fmt/format.h>

#include <cstdio>
#include <string>
#include <utility>

namespace varde::command {

template <class... Parts>
void tell(fmt::format_string<Parts...> format, Parts&&... parts) {
  const auto line = fmt::format(format, std::forward<Parts>(parts)...);
  std::fwrite(line.data(), 1, line.size(), stderr);
}

}  // namespace varde::command
