#include <algorithm>

#include "mappings/apprec/apprec.h"

namespace varde::mappings {
namespace apprec {
namespace {

const Version* version_of(const XmlNode& document) {
  const auto found = std::ranges::find(kVersions, document.ns, &Version::ns);
  return found == std::end(kVersions) ? nullptr : &*found;
}

/// Id with TypeId, then every AdditionalId.
std::vector<Identifier> ids_of(const XmlNode& unit) {
  std::vector<Identifier> ids;
  if (!unit.at("Id").empty()) ids.push_back({std::string(unit.at("Id")), std::string(unit.at("TypeId/@V"))});
  for (const XmlNode* other : unit.all("AdditionalId"))
    ids.push_back({std::string(other->at("Id")), std::string(other->at("Type/@V"))});
  return ids;
}

Party party_of(const XmlNode& unit) {
  Party party;
  const XmlNode* institution = unit.child("Inst");
  const XmlNode* person = unit.child("HCProf");
  if (institution) {
    party.organisation = institution->at("Name");
    party.organisation_ids = ids_of(*institution);
    if (const XmlNode* department = institution->child("Dept")) {
      party.department = department->at("Name");
      party.department_ids = ids_of(*department);
    }
    person = institution->child("HCPerson");
  }
  if (person) {
    party.person = person->at("Name");
    party.person_ids = ids_of(*person);
  }
  return party;
}

}  // namespace

bool is_apprec(const XmlNode& document) { return document.name == "AppRec" && version_of(document); }

void read_envelope(Message& message) {
  const XmlNode& document = message.document;
  message.type = "APPREC";
  message.version = version_of(document)->number;
  message.id.text = document.at("Id");
  message.generated = document.at("GenDate");
  if (const XmlNode* sender = document.find("Sender/HCP")) message.sender = party_of(*sender);
  if (const XmlNode* receiver = document.find("Receiver/HCP")) message.receiver = party_of(*receiver);
}

}  // namespace apprec

Result<AppRec> read_apprec(const Message& message) {
  const XmlNode& document = message.document;
  if (message.type != "APPREC" || !apprec::is_apprec(document))
    return fail(Fault::message_unsupported, "The document is not an AppRec.");
  if (!message.acceptable()) return tl::unexpected<Failure>(message.failures.front());
  AppRec receipt{.version = message.version,
                 .id = message.id.text,
                 .generated = message.generated,
                 .errors = {},
                 .original_id = {std::string(document.at("OriginalMsgId/Id"))},
                 .original_type = std::string(document.at("OriginalMsgId/MsgType/@V")),
                 .original_issued = std::string(document.at("OriginalMsgId/IssueDate")),
                 .sender = message.sender,
                 .receiver = message.receiver,
                 .from_copy_receiver = document.at("Sender/Role/@V") == "COP"};
  const std::string_view status = document.at("Status/@V");
  if (status != "1" && status != "2" && status != "3")
    return fail(Fault::code_invalid, "Status is not 1 (OK), 2 (refused) or 3 (OK, error in a part).",
                "/AppRec/Status/@V");
  receipt.status = static_cast<AppRecStatus>(status[0] - '0');
  for (const XmlNode* error : document.all("Error"))
    receipt.errors.push_back(
        {std::string(error->attribute("V")), std::string(error->attribute("DN")), std::string(error->attribute("OT"))});
  return receipt;
}

}  // namespace varde::mappings
