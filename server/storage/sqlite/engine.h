#pragma once
/// @file server/storage/sqlite/engine.h
/// SQLite in the data directory: one file, its log beside it, held by one process.
#include "server/storage/directory.h"
#include "server/storage/engine.h"

namespace varde::storage::sqlite {

class Engine final : public storage::Engine {
 public:
  Engine(const Options& options, Health& health);
  std::unique_ptr<sql::Connection> open_writer() override;
  std::unique_ptr<sql::Connection> open_reader() override;
  bool is_ours() const override { return directory_.is_ours(); }
  std::size_t bytes() override { return directory_.bytes(); }

 private:
  const Options& options_;
  Health& health_;
  Directory directory_;
};

}  // namespace varde::storage::sqlite
