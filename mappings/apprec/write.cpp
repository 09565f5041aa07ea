#include <fmt/format.h>

#include <algorithm>

#include "fhir-model/xml/escape.h"
#include "mappings/apprec/apprec.h"

namespace varde::mappings {
namespace {

using apprec::Version;

std::string element(std::string_view name, std::string_view text) {
  return text.empty() ? std::string()
                      : fmt::format("<{0}>{1}</{0}>", name, fhir::xml::escaped(text, fhir::xml::Escape::text));
}

std::string coded(std::string_view name, std::string_view code, std::string_view text = {}) {
  return text.empty()
             ? fmt::format("<{} V=\"{}\"/>", name, fhir::xml::escaped(code))
             : fmt::format("<{} V=\"{}\" DN=\"{}\"/>", name, fhir::xml::escaped(code), fhir::xml::escaped(text));
}

struct IdTypeName {
  std::string_view code, name;
};

/// Lists 8116 and 9051, as far as communication parties carry them.
constexpr IdTypeName kIdTypes[] = {
    {"HER", "HER-id"},     {"ENH", "Organisasjonsnummeret i Enhetsregister"},
    {"HPR", "HPR-nummer"}, {"FNR", "Fødselsnummer"},
    {"DNR", "D-nummer"},   {"RSH", "RESH-ID"},
};

std::string id_type(std::string_view element_name, std::string_view code) {
  const auto found = std::ranges::find(kIdTypes, code, &IdTypeName::code);
  return coded(element_name, code, found == std::end(kIdTypes) ? std::string_view() : found->name);
}

/// Id and TypeId hold the HER-id where there is one; the schema then has room for the others further down.
struct UnitIds {
  std::string main, others;
};

UnitIds unit_ids(std::vector<Identifier> ids) {
  std::stable_partition(ids.begin(), ids.end(), [](const Identifier& id) { return id.type == "HER"; });
  UnitIds out;
  for (std::size_t i = 0; i < ids.size(); ++i) {
    if (i == 0)
      out.main = element("Id", ids[i].value) + id_type("TypeId", ids[i].type);
    else
      out.others += fmt::format("<AdditionalId><Id>{}</Id>{}</AdditionalId>", fhir::xml::escaped(ids[i].value),
                                id_type("Type", ids[i].type));
  }
  return out;
}

/// HIS 80415:2012 3.5: Organisation -> Inst, the inner Organisation -> Dept, HealthcareProfessional -> HCPerson.
std::string unit(const Party& party) {
  const UnitIds institution = unit_ids(party.organisation_ids);
  std::string out = "<HCP><Inst>" + element("Name", party.organisation) + institution.main;
  if (!party.department.empty() || !party.department_ids.empty()) {
    const UnitIds department = unit_ids(party.department_ids);
    out += "<Dept>" + element("Name", party.department) + department.main + department.others + "</Dept>";
  }
  out += institution.others;
  if (!party.person.empty() || !party.person_ids.empty()) {
    const UnitIds person = unit_ids(party.person_ids);
    out += "<HCPerson>" + element("Name", party.person) + person.main + person.others + "</HCPerson>";
  }
  return out + "</Inst></HCP>";
}

std::string role(const AppRec& receipt, const Version& version) {
  return receipt.from_copy_receiver ? coded("Role", "COP", "Kopimottaker")
                                    : coded("Role", version.primary_receiver, version.primary_name);
}

std::string status(AppRecStatus status) {
  constexpr std::string_view names[] = {"", "OK", "Avvist", "OK, feil i delmelding"};
  const auto code = static_cast<std::size_t>(status);
  return coded("Status", std::to_string(code), names[code]);
}

std::string error(const CodedError& error) {
  const std::string detail = error.detail.empty() ? "" : fmt::format(" OT=\"{}\"", fhir::xml::escaped(error.detail));
  return fmt::format("<Error V=\"{}\" S=\"{}\" DN=\"{}\"{}/>", fhir::xml::escaped(error.code), apprec::kErrorCodes,
                     fhir::xml::escaped(error.text), detail);
}

std::string_view name_of_type(std::string_view code) {
  const MessageType* type = find_message_type(code);
  return type ? type->name : std::string_view();
}

}  // namespace

std::string write_apprec(const AppRec& receipt) {
  const auto known = std::ranges::find(apprec::kVersions, receipt.version, &Version::number);
  const Version& version = known == std::end(apprec::kVersions) ? apprec::kVersions[1] : *known;
  std::string out = fmt::format("<?xml version=\"1.0\" encoding=\"UTF-8\"?>\n<AppRec xmlns=\"{}\">\n", version.ns);
  const auto line = [&](const std::string& text) { out += "  " + text + "\n"; };
  line(coded("MsgType", "APPREC", "Applikasjonskvittering"));
  line(element("MIGversion", version.implementation));
  line(element("SoftwareName", "Varde"));
  line(element("GenDate", receipt.generated));
  line(element("Id", receipt.id));
  line("<Sender>" + role(receipt, version) + unit(receipt.sender) + "</Sender>");
  line("<Receiver>" + (version.number == "1.1" ? coded("Role", "AVS", "Avsender") : "") + unit(receipt.receiver) +
       "</Receiver>");
  line(status(receipt.status));
  for (const CodedError& each : receipt.errors) line(error(each));
  line("<OriginalMsgId>" + coded("MsgType", receipt.original_type, name_of_type(receipt.original_type)) +
       element("IssueDate", receipt.original_issued) +
       fmt::format("<Id>{}</Id>", fhir::xml::escaped(receipt.original_id.text)) + "</OriginalMsgId>");
  return out + "</AppRec>\n";
}

}  // namespace varde::mappings
