#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <chrono>

#include "mappings/apprec/apprec.h"

namespace varde::mappings {
namespace {

struct ErrorName {
  std::string_view code, name;
};

/// Code list 8221, the general error codes of AppRec.
constexpr std::array kErrors{
    ErrorName{"T01", "Ikke XML / ikke 'well formed' / uleselig"},
    ErrorName{"T02", "XML validerer ikke"},
    ErrorName{"T10", "Støtter ikke meldingsformatet"},
    ErrorName{"T99", "Annen feil på format"},
    ErrorName{"S01", "Feil på signatur"},
    ErrorName{"S02", "Ugyldig sertifikat"},
    ErrorName{"S03", "Tilbaketrukket sertifikat"},
    ErrorName{"S99", "Annen feil på signatur eller sertifikat"},
    ErrorName{"E10", "Ugyldig meldingsidentifikator"},
    ErrorName{"E20", "Lege finnes ikke"},
    ErrorName{"E21", "Mottaker finnes ikke"},
    ErrorName{"E30", "Pasientens fødselsnummer mangler"},
    ErrorName{"E31", "Pasientens fødselsnummer er feil"},
    ErrorName{"E32", "Pasientens navn mangler"},
    ErrorName{"E35", "Pasienten finnes ikke i mottakersystemet"},
    ErrorName{"E36", "Pasientopplysninger er utilstrekkelige"},
    ErrorName{"X99", "Annen feil"},
};

struct Explanation {
  Fault fault;
  std::string_view text;
};

/// What the sender's users read, beyond the name of the code.
constexpr std::array kExplanations{
    Explanation{Fault::not_well_formed, "Dokumentet er ikke velformet XML"},
    Explanation{Fault::encoding_invalid, "Innholdet stemmer ikke med det oppgitte tegnsettet"},
    Explanation{Fault::too_deep, "Elementene er nestet for dypt"},
    Explanation{Fault::too_large, "Meldingen er for stor"},
    Explanation{Fault::schema_invalid, "Følger ikke XML-skjemaet"},
    Explanation{Fault::message_unsupported,
                "Meldingstypen eller versjonen støttes ikke, eller type og innhold er ikke like"},
    Explanation{Fault::message_id_malformed, "MsgId må være en UUID"},
    Explanation{
        Fault::patient_unidentified,
        "Pasienten må ha navn og enten fødselsnummer, D-nummer, felles hjelpenummer, eller fødselsdato og kjønn"},
    Explanation{
        Fault::patient_identifier_invalid,
        "Fødselsnummeret, D-nummeret eller felles hjelpenummer har ikke elleve siffer med riktige kontrollsifre"},
    Explanation{Fault::attachment_unsupported,
                "Vedlegget har et filformat som ikke støttes. PDF, JPEG, PNG og tekst støttes"},
    Explanation{Fault::signature_invalid, "Signaturen er ikke gyldig"},
    Explanation{Fault::patient_unknown, "Pasienten er ikke kjent i denne tjenesten"},
    Explanation{Fault::code_invalid,
                "Statusen må være N (ny), M (endring), C (kansellering), A (tillegg) eller H (historikk)"},
    Explanation{Fault::internal, "Det oppsto en feil i mottakersystemet"},
};

constexpr std::size_t kMostPlaces = 5;

std::string_view explanation(Fault fault) {
  const auto found = std::ranges::find(kExplanations, fault, &Explanation::fault);
  return found == kExplanations.end() ? "Innholdet kan ikke tas imot slik det er" : found->text;
}

/// One error per code, in the order of the checks; in the detail the reason and the places of all its failures, and the
/// reason in English, as the first of them says it.
std::vector<CodedError> errors_of(const std::vector<Failure>& failures) {
  std::vector<CodedError> errors;
  std::vector<std::size_t> places;
  std::vector<std::string> words;
  for (const Failure& failure : failures) {
    const std::string_view code = row_of(failure.fault).apprec;
    if (code.empty()) continue;  // no ground for an AppRec
    auto error = std::ranges::find(errors, code, &CodedError::code);
    if (error == errors.end()) {
      errors.push_back(
          {std::string(code), std::string(apprec_error_name(code)), std::string(explanation(failure.fault))});
      places.push_back(0);
      words.emplace_back();
      error = errors.end() - 1;
    }
    std::size_t& count = places[static_cast<std::size_t>(error - errors.begin())];
    auto& english = words[static_cast<std::size_t>(error - errors.begin())];
    if (english.empty()) english = failure.diagnostics;
    if (failure.expression.empty() || count == kMostPlaces) continue;
    error->detail += (count++ == 0 ? ": " : ", ") + failure.expression;
  }
  for (std::size_t i = 0; i < errors.size(); ++i)
    if (!words[i].empty()) errors[i].detail += (errors[i].detail.empty() ? "" : " | ") + words[i];
  return errors;
}

/// The standard of the message decides (HITS 1168:2016 8.2): 1.0 for those before 2012, 1.1 from then on.
std::string_view version_for(const Message& message) {
  const MessageType* type = find_message_type(message.type);
  if (const auto* version = type ? type->version(message.version) : nullptr) return version->apprec;
  const XmlNode* dated = message.document.name == "Message" ? &message.document : message.payload();
  if (!dated) return "1.1";
  const auto date = dated->ns.rfind('/');
  const std::string_view year = std::string_view(dated->ns).substr(date == std::string::npos ? 0 : date + 1, 4);
  return year.starts_with('2') && year < "2012" ? "1.0" : "1.1";
}

/// xsd:dateTime, as far as a sender writes it: 2026-01-31T08:30:00, with or without fraction and zone.
bool is_date_time(std::string_view text) {
  constexpr std::string_view form = "dddd-dd-ddTdd:dd:dd";
  const auto digit = [](char c) { return c >= '0' && c <= '9'; };
  if (text.size() < form.size()) return false;
  for (std::size_t i = 0; i < form.size(); ++i)
    if (form[i] == 'd' ? !digit(text[i]) : text[i] != form[i]) return false;
  const auto number = [&](std::size_t at, std::size_t length) {
    unsigned value = 0;
    for (const char c : text.substr(at, length)) value = value * 10 + static_cast<unsigned>(c - '0');
    return value;
  };
  const std::chrono::year_month_day day{std::chrono::year(static_cast<int>(number(0, 4))),
                                        std::chrono::month(number(5, 2)), std::chrono::day(number(8, 2))};
  if (!day.ok() || number(0, 4) == 0 || number(11, 2) > 23 || number(14, 2) > 59 || number(17, 2) > 59) return false;
  std::string_view rest = text.substr(form.size());
  if (rest.starts_with('.')) {
    const auto end = std::min(rest.find_first_not_of("0123456789", 1), rest.size());
    if (end == 1) return false;
    rest.remove_prefix(end);
  }
  if (rest.empty() || rest == "Z") return true;
  return rest.size() == 6 && (rest[0] == '+' || rest[0] == '-') && digit(rest[1]) && digit(rest[2]) && rest[3] == ':' &&
         digit(rest[4]) && digit(rest[5]) && rest.substr(1, 2) < "14" && rest.substr(4) <= "59";
}

bool is_anonymous(const Party& party) {
  return party.organisation_ids.empty() && party.department_ids.empty() && party.person_ids.empty();
}

}  // namespace

std::string_view apprec_error_name(std::string_view code) {
  const auto name = std::ranges::find(kErrors, code, &ErrorName::code);
  return name == kErrors.end() ? std::string_view("Annen feil") : name->name;
}

std::vector<CodedError> apprec_errors(const Message& message) { return errors_of(message.failures); }

std::optional<AppRec> answer(const Message& message, std::string id, std::string generated, const HerId& us) {
  const bool misaddressed = std::ranges::count(message.failures, Fault::misaddressed, &Failure::fault) > 0;
  if (message.type == "APPREC" || misaddressed || is_anonymous(message.sender)) return std::nullopt;
  AppRec receipt{.version = std::string(version_for(message)),
                 .id = std::move(id),
                 .generated = generated,
                 .status = message.acceptable() ? AppRecStatus::ok : AppRecStatus::refused,
                 .errors = errors_of(message.failures),
                 .original_id = message.id,
                 .original_type = std::string(message.is_bare() ? message.document.at("Type/@V") : message.type),
                 .original_issued = is_date_time(message.generated) ? message.generated : generated,
                 .sender = message.receiver,
                 .receiver = message.sender};
  const auto copy = std::ranges::find_if(message.copy_receivers,
                                         [&](const Party& party) { return !us.text.empty() && party.her_id() == us; });
  if (copy != message.copy_receivers.end() && message.receiver.her_id() != us) {
    receipt.sender = *copy;
    receipt.from_copy_receiver = true;
  }
  return receipt;
}

}  // namespace varde::mappings
