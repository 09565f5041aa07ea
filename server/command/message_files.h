#pragma once
/// @file server/command/message_files.h
/// The message folder's files that hold a patient's messages: copies of what stands in the store, which an erasure
/// must reach, too.
#include <cstdint>
#include <filesystem>
#include <vector>

#include "server/command/config.h"
#include "server/interaction/act.h"

namespace varde::command {

struct MessageFiles {
  std::vector<std::filesystem::path> own;  ///< byte for byte a message of the patient's
  std::vector<std::filesystem::path>
      naming;  ///< others that hold the patient's identity number: for a person to see to
};
/// Below inbound, outbound, archive and refused. What is packed or encrypted cannot be looked into. `refused`: of the
/// patient, by messaging::refused_about.
MessageFiles message_files(const Config& config, const interaction::View& view, storage::PatientKey patient,
                           const std::vector<std::int64_t>& refused);
/// Throws std::filesystem::filesystem_error where one cannot be removed.
void remove_files(const MessageFiles& files);

}  // namespace varde::command
