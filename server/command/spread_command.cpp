// varde spread: the tables of a PostgreSQL with Citus are spread over its nodes.
#include <fmt/format.h>

#include "server/command/command.h"
#include "server/command/config.h"
#include "server/command/unserved.h"

namespace varde::command {

int spread(const Arguments& arguments) {
  const auto config = config_of(arguments);
  if (!config) {
    fmt::print(stderr, "varde: {}\n", config.error().diagnostics);
    return kWrongUse;
  }
  const auto done = spread_store(*config);
  for (const auto& table : done) fmt::print("{}\n", table);
  if (done.empty()) fmt::print("every table is spread already\n");
  return kOk;
}

}  // namespace varde::command
