#include "mappings/msghead/checks.h"

#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <utility>

#include "fhir-model/text/lower.h"
#include "mappings/msghead/signature.h"
#include "mappings/rows/mapping.h"
#include "norway/identity_number.h"

namespace varde::mappings::msghead {
namespace {

using Failures = std::vector<Failure>;

/// Where things stand: in a MsgHead, or in a message from before it.
struct Places {
  std::string type, id, sender, receiver, patient, content;
};

Places places_of(const Message& message) {
  if (!message.is_bare())
    return {"/MsgHead/MsgInfo/Type",     "/MsgHead/MsgInfo/MsgId",   "/MsgHead/MsgInfo/Sender",
            "/MsgHead/MsgInfo/Receiver", "/MsgHead/MsgInfo/Patient", "/MsgHead/Document"};
  const XmlNode* payload = message.payload();
  const std::string content = "/Message/" + (payload ? payload->name : std::string("ServReport"));
  const bool request = payload && payload->name == "ServReq";
  return {"/Message/Type",
          "/Message/MsgId",
          content + (request ? "/Requester" : "/ServProvider"),
          content + (request ? "/ServProvider" : "/Requester"),
          content + "/Patient",
          content};
}

/// Attachments that the pages and the journal can show; anything else is refused, see HITS 1168:2016 4.4.
constexpr std::array<std::string_view, 6> kAttachments{"application/pdf", "image/jpeg",      "image/png",
                                                       "text/xml",        "application/xml", "text/plain"};

/// The schema's own words already cover this place or something inside it.
bool schema_speaks_of(const Message& message, std::string_view place) {
  return std::ranges::any_of(message.failures, [&](const Failure& failure) {
    return failure.fault == Fault::schema_invalid &&
           (failure.expression.starts_with(place) || place.starts_with(failure.expression));
  });
}

// --- the checks -----------------------------------------------------------------------------------------------

void check_type(const Message& message, Failures& found) {
  const std::string place = places_of(message).type;
  const XmlNode* payload = message.payload();
  const bool says_type = message.is_bare() ? payload != nullptr : message.document.find("MsgInfo/Type") != nullptr;
  if (says_type && !find_message_type(message.type))
    found.push_back({Fault::message_unsupported, "This kind of message is not received here.", place});
  else if (payload && !message.type.empty() && message.version.empty())
    found.push_back({Fault::message_unsupported,
                     "The content is not of a version that is received here, or not the one that the type announces.",
                     place});
}

/// A second content would be answered OK and never read (HITS 1168:2016 4.2), but for the types that are several.
void check_payload(const Message& message, Failures& found) {
  if (message.schema_valid && !message.payload())
    found.push_back({Fault::message_unsupported, "The message carries no content.", places_of(message).content});
  const MessageType* type = find_message_type(message.type);
  if (message.is_bare() || (type && type->mapping && type->mapping->further)) return;
  std::size_t contents = 0, number = 0;
  for (const XmlNode* document : message.document.all("Document")) {
    ++number;
    const XmlNode* content = document->find("RefDoc/Content");
    if (!content) continue;
    contents += static_cast<std::size_t>(
        std::ranges::count_if(content->children, [](const XmlNode& each) { return each.name != "Base64Container"; }));
    if (contents < 2) continue;
    found.push_back({Fault::message_unsupported, "A message carries one content; this one has more.",
                     fmt::format("/MsgHead/Document[{}]/RefDoc/Content", number)});
    return;
  }
}

void check_signature(const Message& message, Failures& found) {
  const XmlNode* signature = find_signature(message.document);
  if (signature && !may_be_a_signature(*signature))
    found.push_back({Fault::signature_invalid, "What stands as the signature cannot be one.", "/MsgHead/Signature"});
}

void check_message_id(const Message& message, Failures& found) {
  const auto* id = message.document.find(message.is_bare() ? "MsgId" : "MsgInfo/MsgId");
  if (id && !is_uuid(message.id.text))
    found.push_back(
        {Fault::message_id_malformed, "MsgId is not a UUID (8-4-4-4-12 hexadecimal digits).", places_of(message).id});
}

/// A HER-id is what the network addresses by, but an organisation number was enough in the years of PLO 1.5.
bool is_addressed(const Party& party) {
  return !(party.organisation_ids.empty() && party.department_ids.empty() && party.person_ids.empty());
}

void check_parties(const Message& message, Failures& found) {
  if (!is_addressed(message.sender))
    found.push_back(
        {Fault::misaddressed, "The sender has no identifier, so nothing can be sent back.", places_of(message).sender});
  if (!is_addressed(message.receiver))
    found.push_back({Fault::misaddressed, "The receiver has no identifier, so the message is for nobody here.",
                     places_of(message).receiver});
}

/// Sufficient: a name, and one of fødselsnummer, D-number, common aid number, or date of birth with sex.
void check_patient(const Message& message, Failures& found) {
  const MessageType* type = find_message_type(message.type);
  const bool needed = !type || type->about == About::patient;
  if ((!message.patient && !needed) || schema_speaks_of(message, places_of(message).patient)) return;
  bool identified = false, wrong_digits = false;
  if (message.patient) {
    const PatientIdentity& patient = *message.patient;
    const bool named = !(patient.family + patient.middle + patient.given).empty();
    bool numbered = !patient.birth_date.empty() && !patient.sex.empty();
    for (const Identifier& id : patient.ids) {
      const bool national = id.type == "FNR" || id.type == "DNR" || id.type == "FHN";
      const bool valid = norway::is_valid_number(id.type, id.value);
      wrong_digits |= national && !valid;
      numbered |= national && valid;
    }
    identified = named && numbered;
  }
  if (identified) return;
  found.push_back({Fault::patient_unidentified,
                   "The patient needs a name and one of: fødselsnummer, D-number, common aid number (FHN), or date of "
                   "birth and sex.",
                   places_of(message).patient});
  if (wrong_digits)
    found.push_back({Fault::patient_identifier_invalid,
                     "The fødselsnummer, D-number or common aid number has not eleven digits with right check digits.",
                     places_of(message).patient + (message.is_bare() ? "/OffId" : "/Ident")});
}

struct Attached {
  const XmlNode* ref;
  std::string place;
};

std::vector<Attached> documents_of(const Message& message) {
  std::vector<Attached> all;
  std::size_t number = 0;
  if (message.is_bare()) {
    if (const XmlNode* payload = message.payload())
      for (const XmlNode* ref : payload->all("RefDoc"))
        all.push_back({ref, fmt::format("{}/RefDoc[{}]", places_of(message).content, ++number)});
    return all;
  }
  for (const XmlNode* document : message.document.all("Document")) {
    ++number;
    if (const XmlNode* ref = document->child("RefDoc"))
      all.push_back({ref, fmt::format("/MsgHead/Document[{}]/RefDoc", number)});
  }
  return all;
}

void check_attachments(const Message& message, Failures& found) {
  for (const auto& [ref, place] : documents_of(message)) {
    const bool attached = ref->at("MsgType/@V") == "A" || ref->find("Content/Base64Container");
    const bool elsewhere = ref->child("FileReference") != nullptr;
    if (!attached && !elsewhere) continue;
    std::string mime(ref->at("MimeType").substr(0, ref->at("MimeType").find(';')));
    std::erase_if(mime, [](char c) { return c == ' ' || c == '\t' || c == '\r' || c == '\n'; });
    mime = fhir::text::lower_ascii(mime);
    if (elsewhere || std::ranges::find(kAttachments, mime) == kAttachments.end())
      found.push_back({Fault::attachment_unsupported,
                       elsewhere
                           ? "An attachment must be inside the message, not a reference to a file."
                           : "The attachment is of a kind that cannot be shown here; PDF, JPEG, PNG and text can.",
                       fmt::format("{}/{}", place, elsewhere ? "FileReference" : "MimeType")});
  }
}

/// What the message is to do to one before it: code list 7309. One that nobody knows may be a misspelt cancellation,
/// and taken as a new message it would do what it was to undo.
constexpr std::array<std::string_view, 5> kStatuses{"N", "M", "C", "A", "H"};

void check_status(const Message& message, Failures& found) {
  const XmlNode* payload = message.payload();
  for (const std::string_view place : {"InformasjonOmForsendelsen/Forsendelsesstatus", "ServType"}) {
    const XmlNode* status = payload ? payload->find(place) : nullptr;
    if (!status || std::ranges::find(kStatuses, status->at("@V")) != kStatuses.end()) continue;
    found.push_back({Fault::code_invalid,
                     "The status must be N (new), M (change), C (cancellation), A (addition) or H (history): another "
                     "does not say what becomes of the messages before it.",
                     message.is_bare() ? fmt::format("{}/{}", places_of(message).content, place)
                                       : fmt::format("/MsgHead/Document/RefDoc/Content/{}/{}", payload->name, place)});
  }
}

struct Check {
  std::string_view what, source;
  void (*run)(const Message&, Failures& found);  ///< nullptr: what the reader found
  bool ends;                                     ///< a failure here makes the later checks meaningless
};

// clang-format off
constexpr std::array kChecks{
    //    what                       source                              check              ends
    Check{"type and version",        "HIS 80415:2012 3.3.4 (T10)",       check_type,        true},
    Check{"schema",                  "HIS 80415:2012 3.3.4 (T02)",       nullptr,           false},
    Check{"content",                 "HIS 80601:2006 (T10)",             check_payload,     false},
    Check{"signature",               "HIS 80415:2012 3.3.4 (S01)",       check_signature,   false},
    Check{"message id",              "HIS 80415:2012 3.3.4 (E10)",       check_message_id,  false},
    Check{"status",                  "code list 7309 (T02)",             check_status,      false},
    Check{"sender and receiver",     "HITS 1168:2016 5.3 (no AppRec)",   check_parties,     false},
    Check{"patient's identity",      "HIS 80415:2012 3.3.4 (E36, E31)",  check_patient,     false},
    Check{"attachments",             "HITS 1168:2016 4.4 (X99)",         check_attachments, false},
};
// clang-format on

}  // namespace

bool is_uuid(std::string_view text) {
  if (text.size() != 36) return false;
  for (std::size_t i = 0; i < text.size(); ++i) {
    const char c = text[i];
    const bool dash = i == 8 || i == 13 || i == 18 || i == 23;
    const bool hex = (c >= '0' && c <= '9') || (c >= 'a' && c <= 'f') || (c >= 'A' && c <= 'F');
    if (dash ? c != '-' : !hex) return false;
  }
  return true;
}

void check(Message& message, Failures schema) {
  for (const Check& check : kChecks) {
    Failures found;
    if (check.run)
      check.run(message, found);
    else
      found = std::exchange(schema, {});
    std::ranges::move(found, std::back_inserter(message.failures));
    if (check.ends && !message.failures.empty()) return;
  }
}

}  // namespace varde::mappings::msghead
