#pragma once
/// @file server/command/instance.h
/// One running Varde: every room wired by constructor, in the order they need each other. The only place that knows
/// all.
#include <cstdint>
#include <functional>
#include <memory>
#include <string>
#include <string_view>

#include "server/bulk/import.h"
#include "server/command/config.h"
#include "server/followup/report/care_file.h"

namespace varde::command {

class Instance {
 public:
  /// Opens the data directory (made when absent). Throws storage::EngineError and std::filesystem errors with their
  /// reason.
  Instance(Config config, std::function<void(std::string_view)> log);
  ~Instance();
  /// Before start(): stores the three fictitious patients, if the data directory is new. Returns whether it did.
  bool load_demo();
  /// Before start(): stores what a file holds; see bulk/import.h.
  bulk::ImportCount import_file(const std::string& file, const bulk::ImportOptions& options);
  /// Before start(): home care and stays as a table; see followup/report/care_file.h.
  Result<followup::CareCount> import_care(std::string_view text);
  void start();                         ///< takes requests and messages; throws when the address cannot be had
  void stop();                          ///< finishes what is under way
  bool has_certificates() const;        ///< it speaks TLS itself
  void reload_certificates();           ///< throws, and goes on with those that it has, where they cannot be used
  bool is_gone() const;                 ///< the data directory was removed or replaced
  std::string base() const;             ///< "http://127.0.0.1:8080/fhir"
  std::uint16_t port() const;           ///< that it listens on
  std::string messages_folder() const;  ///< DIR/messages

 private:
  struct Impl;
  std::unique_ptr<Impl> impl_;
};

}  // namespace varde::command
