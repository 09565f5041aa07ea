// varde audit verify: is the audit log as it was written?
#include <cstdio>

#include <fmt/format.h>

#include "server/audit/verify.h"
#include "server/command/command.h"
#include "server/command/config.h"
#include "server/command/tell.h"
#include "server/command/unserved.h"

namespace varde::command {

int audit_verify(const Arguments& arguments) {
  const auto config = config_of(arguments);
  if (!config) {
    tell("varde: {}\n", config.error().diagnostics);
    return kWrongUse;
  }
  const audit::Verified found = verify_audit(*config);
  fmt::print("{} rows as they were written; the last has the hash {}\n", found.rows,
             found.last.empty() ? "-" : found.last);
  if (!found.broken) return kOk;
  tell("row {} is missing, or is not as it was written\n", *found.broken);
  return kProblems;
}

}  // namespace varde::command
