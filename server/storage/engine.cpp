#include "server/storage/engine.h"

#include "server/storage/postgresql/engine.h"
#include "server/storage/sqlite/engine.h"

namespace varde::storage {

std::unique_ptr<Engine> open_engine(const Options& options, Condition& condition) {
  if (options.server.empty()) return std::make_unique<sqlite::Engine>(options, condition);
  return std::make_unique<postgresql::Engine>(options, condition);
}

}  // namespace varde::storage
