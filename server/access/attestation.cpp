#include "server/access/attestation.h"

#include <algorithm>
#include <array>

#include "fhir-model/text/base64.h"
#include "server/access/json.h"

namespace varde::access {
namespace {

constexpr std::size_t kLongest = 12u << 10, kLongestText = 250;
constexpr std::chrono::seconds kLeeway{60};
constexpr std::array<std::string_view, 4> kCodes{"TREAT", "ETREAT", "COC", "BTG"};  // those of the business rules

tl::unexpected<Failure> malformed(const std::string& what) {
  return fail(Fault::parameter_malformed,
              "Attesten (X-Attestation) tas ikke imot: the attestation is not taken: " + what, "X-Attestation");
}
tl::unexpected<Failure> contradicted(const std::string& what) {
  return fail(Fault::forbidden, "Attesten (X-Attestation) gjelder ikke: the attestation is not good: " + what);
}

/// What must be there by the agreement ("avtalemessig påkrevd").
struct Demanded {
  const char *category, *attribute, *member;
};
constexpr std::array kDemanded{
    Demanded{"practitioner", "identifier", "id"},        Demanded{"practitioner", "legal_entity", "id"},
    Demanded{"practitioner", "point_of_care", "id"},     Demanded{"care_relation", "purpose_of_use", "code"},
    Demanded{"care_relation", "purpose_of_use", "text"}, Demanded{"care_relation", "decision_ref", "id"},
};

/// What is kept of it, and under which name.
struct Kept {
  const char *category, *attribute, *member, *name;
};
constexpr std::array kKept{
    Kept{"care_relation", "purpose_of_use", "code", "purpose"},
    Kept{"care_relation", "purpose_of_use", "text", "purposeText"},
    Kept{"care_relation", "purpose_of_use_details", "code", "details"},
    Kept{"care_relation", "purpose_of_use_details", "text", "detailsText"},
    Kept{"care_relation", "purpose_of_use_details", "system", "detailsSystem"},
    Kept{"care_relation", "healthcare_service", "text", "service"},
    Kept{"care_relation", "decision_ref", "id", "decision"},
    Kept{"care_relation", "decision_ref", "description", "decisionText"},
    Kept{"practitioner", "point_of_care", "name", "pointOfCare"},
    Kept{"practitioner", "department", "name", "department"},
};

std::string text_of(const Json& attestation, const char* category, const char* attribute, const char* member) {
  return attestation.member(category).member(attribute).text(member);
}

bool is_plain(std::string_view text) {
  return text.size() <= kLongestText &&
         std::none_of(text.begin(), text.end(), [](unsigned char c) { return c < ' ' || c == 0x7F; });
}

/// The one patient that it is about.
Json patient_of(const Json& attestation) {
  auto several = attestation.members("patients");
  if (several.size() == 1) return std::move(several.front());
  return several.empty() ? attestation.member("patient") : Json();
}

Result<void> check_login(const Json& attestation, const Principal& who) {
  const std::string hpr = text_of(attestation, "practitioner", "hpr_nr", "id");
  if (!who.hpr.empty() && !hpr.empty() && hpr != who.hpr)
    return contradicted("it is about other health personnel than the login (hpr_nr).");
  const std::string legal = text_of(attestation, "practitioner", "legal_entity", "id"),
                    place = text_of(attestation, "practitioner", "point_of_care", "id");
  if (!who.organisation.empty() && legal != who.organisation && place != who.organisation)
    return contradicted("it is by another organisation than the login (legal_entity, point_of_care).");
  return {};
}

Result<void> check_time(const Json& attestation, std::chrono::sys_seconds now) {
  const auto toa = attestation.number("toa");
  constexpr std::int64_t kFarFuture = 100'000'000'000;
  if (!toa || *toa < 0 || *toa > kFarFuture) return malformed("toa, a time in seconds since 1970, is missing.");
  const std::chrono::sys_seconds at{std::chrono::seconds(*toa)};
  if (at > now + kLeeway) return contradicted("it is made in the future (toa).");
  if (at + kAttestationLife < now) return contradicted("it is more than a day old (toa).");
  return {};
}

}  // namespace

Result<void> take_attestation(std::string_view header, const Principal& who, std::chrono::sys_seconds now,
                              Circumstances& into) {
  const auto text = header.size() <= kLongest ? fhir::text::from_base64url(header) : std::nullopt;
  const auto attestation = text ? Json::object(*text) : std::nullopt;
  if (!attestation) return malformed("send base64url of one JSON object, at most 12 KB.");
  for (const auto& [category, attribute, member] : kDemanded)
    if (text_of(*attestation, category, attribute, member).empty())
      return malformed(std::string(category) + "." + attribute + "." + member + " is missing.");
  const Json patient = patient_of(*attestation);
  into.person = patient ? patient.member("identifier").text("id") : std::string();
  if (into.person.empty()) return malformed("patients must hold one patient, with identifier.id.");
  const std::string system = text_of(*attestation, "care_relation", "purpose_of_use", "system");
  if (system != kPurposeOfUse && "urn:oid:" + system != kPurposeOfUse)
    return malformed("care_relation.purpose_of_use.system must be " + std::string(kPurposeOfUse) + ".");
  const std::string purpose = text_of(*attestation, "care_relation", "purpose_of_use", "code");
  if (std::find(kCodes.begin(), kCodes.end(), purpose) == kCodes.end())
    return malformed("care_relation.purpose_of_use.code is TREAT, ETREAT, COC or BTG.");
  FHIR_TRY(check_time(*attestation, now));
  FHIR_TRY(check_login(*attestation, who));
  Json kept = Json::of({});
  for (const auto& [category, attribute, member, name] : kKept) {
    const std::string value = text_of(*attestation, category, attribute, member);
    if (!is_plain(value))
      return malformed(std::string(attribute) + "." + member +
                       " is longer than 250 bytes, or holds control characters.");
    if (!value.empty()) kept.set(name, std::string_view(value));
  }
  const json_t* const chosen =
      json_object_get(attestation->member("care_relation").member("decision_ref").get(), "user_selected");
  kept.set("selfSelected", std::string_view(json_is_true(chosen) ? "true" : "false"));
  kept.set("toa", std::string_view(std::to_string(*attestation->number("toa"))));
  into.grounds = kept.compact();
  return {};
}

}  // namespace varde::access
