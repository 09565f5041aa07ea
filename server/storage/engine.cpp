#include "server/storage/engine.h"

#include "server/storage/postgresql/engine.h"
#include "server/storage/sqlite/engine.h"

namespace varde::storage {

std::unique_ptr<Engine> open_engine(const Options& options, Health& health) {
  if (options.server.empty()) return std::make_unique<sqlite::Engine>(options, health);
  return std::make_unique<postgresql::Engine>(options, health);
}

}  // namespace varde::storage
