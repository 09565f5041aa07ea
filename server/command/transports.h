#pragma once
/// @file server/command/transports.h
/// The transports that messages leave by, one row each: a new one is a file of adapters/ and a row here.
/// Constant data; any thread.
#include <filesystem>
#include <memory>
#include <string_view>

#include "adapters/transport.h"

namespace varde::command {

struct Config;

struct Transport {
  std::string_view name;  ///< as in the setting `routes`: "folder"
  bool is_for_any;        ///< whether that setting may name it, for any receiver
  /// `root`: the folder of the route, where the transport uses one.
  std::unique_ptr<adapters::Sender> (*make)(const Config&, const std::filesystem::path& root);
};
/// nullptr: there is none of that name.
const Transport* find_transport(std::string_view name);

}  // namespace varde::command
