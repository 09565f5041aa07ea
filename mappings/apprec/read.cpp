#include <algorithm>

#include "mappings/apprec/apprec.h"
#include "mappings/msghead/parties.h"

namespace varde::mappings {
namespace apprec {
namespace {

const Version* version_of(const XmlNode& document) {
  const auto found = std::ranges::find(kVersions, document.ns, &Version::ns);
  return found == std::end(kVersions) ? nullptr : &*found;
}

}  // namespace

bool is_apprec(const XmlNode& document) { return document.name == "AppRec" && version_of(document); }

void read_envelope(Message& message) {
  const XmlNode& document = message.document;
  message.type = "APPREC";
  message.version = version_of(document)->number;
  message.id.text = msghead::trimmed(document.at("Id"));
  message.generated = msghead::trimmed(document.at("GenDate"));
  // No version has it; who writes it all the same means what a MsgHead would say.
  message.processing = document.at("ProcessingStatus/@V");
  if (const XmlNode* sender = document.find("Sender/HCP")) message.sender = msghead::read_unit(*sender);
  if (const XmlNode* receiver = document.find("Receiver/HCP")) message.receiver = msghead::read_unit(*receiver);
}

}  // namespace apprec

Result<AppRec> read_apprec(const Message& message) {
  const XmlNode& document = message.document;
  if (message.type != "APPREC" || !apprec::is_apprec(document))
    return fail(Fault::message_unsupported, "The document is not an AppRec.");
  const std::string_view status = document.at("Status/@V");
  if (status != "1" && status != "2" && status != "3")
    return fail(Fault::code_invalid, "Status is not 1 (OK), 2 (refused) or 3 (OK, error in a part).",
                "/AppRec/Status/@V");
  // A refusal counts however it is written: the receiver has not taken the message.
  if (!message.well_formed || (!message.acceptable() && status != "2"))
    return tl::unexpected<Failure>(message.failures.front());
  AppRec receipt{.version = message.version,
                 .id = message.id.text,
                 .generated = message.generated,
                 .errors = {},
                 .original_id = {msghead::trimmed(document.at("OriginalMsgId/Id"))},
                 .original_type = std::string(document.at("OriginalMsgId/MsgType/@V")),
                 .original_issued = msghead::trimmed(document.at("OriginalMsgId/IssueDate")),
                 .sender = message.sender,
                 .receiver = message.receiver,
                 .from_copy_receiver = document.at("Sender/Role/@V") == "COP"};
  receipt.status = static_cast<AppRecStatus>(status[0] - '0');
  for (const XmlNode* error : document.all("Error"))
    receipt.errors.push_back(
        {std::string(error->attribute("V")), std::string(error->attribute("DN")), std::string(error->attribute("OT"))});
  return receipt;
}

}  // namespace varde::mappings
