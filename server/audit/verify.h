#pragma once
/// @file server/audit/verify.h
/// Whether the audit log is as it was written: every row follows the one before and has the hash of both.
#include <cstdint>
#include <optional>
#include <string>

#include "server/interaction/act.h"

namespace varde::audit {

struct Verified {
  std::int64_t rows = 0;                 ///< that are as they were written
  std::optional<std::int64_t> broken{};  ///< the first that is not, or stands where one is missing
  std::string last;  ///< the hash of the last good row, in hexadecimal: kept elsewhere, it shows a cut
};
Verified verify(const interaction::View& view);

}  // namespace varde::audit
