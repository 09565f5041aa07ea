#include "server/command/transports.h"

#include <algorithm>
#include <array>

#include "adapters/epj/vkp.h"
#include "adapters/folder/folder.h"
#include "server/command/config.h"
#include "server/command/room_settings.h"

namespace varde::command {
namespace {

using Made = std::unique_ptr<adapters::Sender>;

Made to_folder(const Config& config, const std::filesystem::path& root) {
  auto options = folder_options(config);
  options.root = root;
  return std::make_unique<adapters::FolderSender>(options);
}

Made to_journal_system(const Config& config, const std::filesystem::path&) {
  return std::make_unique<adapters::VkpSender>(config.epj_url);
}

constexpr std::array kTransports{
    Transport{"folder", true, to_folder},
    Transport{"vkp", false, to_journal_system},
};

}  // namespace

const Transport* find_transport(std::string_view name) {
  const auto row = std::ranges::find(kTransports, name, &Transport::name);
  return row == kTransports.end() ? nullptr : &*row;
}

}  // namespace varde::command
