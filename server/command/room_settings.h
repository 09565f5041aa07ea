#pragma once
/// @file server/command/room_settings.h
/// What each room is told of the settings. Throws std::runtime_error, with the reason, where a file that a setting
/// names cannot be used.
#include <functional>
#include <string_view>
#include <vector>

#include "adapters/folder/folder.h"
#include "server/access/authenticator.h"
#include "server/access/page_login.h"
#include "server/command/config.h"
#include "server/http/server.h"
#include "server/interaction/context.h"
#include "server/interaction/integrity.h"
#include "server/interaction/required_profiles.h"
#include "server/messaging/delivery.h"
#include "server/messaging/messaging.h"
#include "server/storage/storage.h"

namespace varde::command {

storage::Options storage_options(const Config& config, const std::function<void(std::string_view)>& log);
interaction::Limits interaction_limits(const Config& config);
interaction::RequiredProfiles::OfType required_by(const Config& config);
std::vector<interaction::Integrity::Rule> reference_rules(const Config& config);
adapters::FolderOptions folder_options(const Config& config);
messaging::Settings messaging_settings(const Config& config, std::vector<messaging::Route> routes,
                                       const std::function<void(std::string_view)>& log);
/// `messaging` outlives the server: its figures stand among the metrics.
http::Settings http_settings(const Config& config, access::Authenticator* logins, access::PageLogin* pages,
                             const messaging::Messaging& messaging);

}  // namespace varde::command
