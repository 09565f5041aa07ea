#pragma once
/// @file server/messaging/gp_letter.h
/// A HELSEOPPLYSNINGER_LEGE to the patient's GP: drafted on a snapshot, XML and all, and put into the outbox later, in
/// a transaction that knows whether what the draft was made of still holds. Source: HIS 1145:2014.
#include <optional>
#include <string>
#include <utility>
#include <vector>

#include "fhir-model/element/element.h"
#include "mappings/message.h"
#include "server/interaction/act.h"
#include "server/messaging/messaging.h"
#include "server/storage/messages.h"
#include "server/storage/storage.h"

namespace varde::messaging {

/// Subject of the one open Task that says that the GP has not been told.
inline constexpr std::string_view kGpNotTold = "gp-not-told";

/// What a letter says beside the measurements and the limits in force.
struct Letter {
  std::string reason;  ///< empty: the status alone
  std::string title = {};
  std::optional<std::string> corrects = {};  ///< MsgId of the letter that it is about
  std::vector<storage::ResourceKey> told = {};
  std::string plan = {};   ///< what is planned, as text
  std::string about = {};  ///< what the letter is about: "CarePlan/3", told by its Communication
  storage::Priority priority = storage::Priority::routine;
  bool asks = false;  ///< the GP is to look at it and answer
  struct Attachment {
    std::string title, media, bytes;
  };
  std::optional<Attachment> attachment = {};
};

struct Draft {
  storage::OutboxRow row;  ///< with its MsgId and bytes
  fhir::Tree story;        ///< its Communication
  std::vector<storage::ResourceKey> told;
  std::vector<std::pair<storage::ResourceKey, std::int64_t>> made_of;  ///< versions that it was made of
  std::vector<std::string> copy_receivers = {};                        ///< HER-ids
};

mappings::Party ourselves(const Settings& settings);
bool is_deceased(fhir::Element patient);

/// Faults: not_found, business_rule (no GP with HER-id; see gp.h; the patient has died), and what the mapping refuses.
Result<Draft> draft(const interaction::View& view, const Settings& settings, const std::string& patient_id,
                    const Letter& letter);
/// Into the outbox; returns the MsgId. Faults: version_conflict (what it was made of has changed).
Result<std::string> post(interaction::Act& act, const Settings& settings, Draft& draft);

}  // namespace varde::messaging
