/// EpisodeOfCare/$benefit-report: what the follow-up gave, a row per patient and period (CSV, a workbook, or
/// Parameters). See server/followup/README.md, "Benefits".
#include <fmt/format.h>

#include "server/operation/benefit_table.h"
#include "server/operation/input.h"
#include "server/operation/operations.h"
#include "server/operation/xlsx.h"
#include "server/storage/followup.h"
#include "server/storage/patients.h"

namespace varde::operation {
namespace {

using followup::Benefit;

const fhir::TypeId kEpisodeOfCare = fhir::find_resource_type("EpisodeOfCare");
constexpr std::size_t kMostPatients = 2000, kAtOnce = 200;

struct Gathered {
  const View& view;
  std::string district;
  std::vector<Benefit> all = {};

  Result<void> add(storage::PatientKey patient) {
    if (!view.sight().admits(kEpisodeOfCare, patient)) return {};
    auto benefit = followup::benefit_of(view, patient);
    if (!benefit || (!district.empty() && benefit->district != district)) return {};
    if (all.size() == kMostPatients)
      return fail(Fault::too_costly,
                  fmt::format("Flere enn {0} pasienter: velg et distrikt (more than {0} patients: ask by organization)",
                              kMostPatients),
                  "organization");
    all.push_back(std::move(*benefit));
    return {};
  }
};

}  // namespace

Result<Response> benefit_report(const Request& request, const View& view, const Context&) {
  const auto input = Input::read(request, {"patient", "patient.identifier", "organization"});
  FHIR_TRY(input);
  Gathered gathered{view, input->one("organization").value_or("")};
  if (!input->all("patient").empty() || !input->all("patient.identifier").empty()) {
    const auto subjects = subjects_of(*input, view);
    FHIR_TRY(subjects);
    for (const auto& subject : *subjects)
      if (subject.key != storage::PatientKey::none)
        FHIR_TRY(gathered.add(storage::patients::survivor(view, subject.key)));
  } else {
    auto after = storage::PatientKey::none;
    for (bool more = true; more && view.budget().spend();) {
      const auto some = storage::enrolment::patients(view, after, kAtOnce);
      for (const auto patient : some) FHIR_TRY(gathered.add(patient));
      more = some.size() == kAtOnce;
      if (more) after = some.back();
    }
  }
  FHIR_TRY(view.budget().within());
  Response response;
  if (request.media == kXlsx) {
    response.body = benefit_xlsx(gathered.all);
    response.content_type = kXlsx;
  } else if (!request.media.empty()) {
    response.body = benefit_csv(gathered.all);
    response.content_type = "text/csv; charset=utf-8";
  } else {
    response.body = benefit_json(gathered.all);
  }
  return response;
}

}  // namespace varde::operation
