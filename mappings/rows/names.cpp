#include "mappings/rows/names.h"

namespace varde::mappings::rows {
namespace {

struct Label {
  std::string_view element, text;
};
// clang-format off
/// Elements whose name alone does not read as Norwegian.
constexpr std::array kLabels{
    Label{"AnbefaltVidereTiltak",            "Anbefalt videre tiltak"},
    Label{"AnsvarForRapport",                "Ansvarlig for rapporten"},
    Label{"Cave",                            "Cave"},
    Label{"EgensoknadSendt",                 "Egensøknad sendt"},
    Label{"GenereltJournalnotat",            "Journalnotat"},
    Label{"InfoAndreViktigeOpplysninger",    "Andre viktige opplysninger"},
    Label{"InfoAssistertKommunikasjon",      "Behov for tolk eller annen hjelp til å kommunisere"},
    Label{"InfoAvtaleOmLegemiddeladm",       "Avtale om legemiddeladministrering"},
    Label{"InfoFraSykepleier",               "Fra sykepleier"},
    Label{"InfoInformasjonGitt",             "Informasjon som er gitt"},
    Label{"InfoKartleggingFunksjonsniva",    "Funksjonsnivå"},
    Label{"InfoMaalForventetRes",            "Mål og forventet resultat"},
    Label{"InfoMedisinskDiagnose",           "Medisinske diagnoser"},
    Label{"InfoReservasjon",                 "Reservasjoner og ønsker"},
    Label{"InfoTidligereSykdommer",          "Tidligere sykdommer"},
    Label{"InfoVurderinger",                 "Vurderinger"},
    Label{"LegemidlerAdministrertVedOverforing", "Legemidler gitt ved overføring"},
    Label{"Legemiddelinfo",                  "Legemidler"},
    Label{"MedisinskfagligeOpplysninger",    "Medisinskfaglige opplysninger"},
    Label{"OpplysningerAndreFaggrupper",     "Opplysninger fra andre faggrupper"},
    Label{"OpplysningerTilSoknad",           "Opplysninger til søknad"},
    Label{"ParorendeForesatt",               "Pårørende og foresatte"},
    Label{"SamletVurderingFunksjonsniva",    "Samlet vurdering av funksjonsnivå"},
    Label{"SendtDokument",                   "Sendte dokumenter"},
    Label{"Sporsmal",                        "Spørsmål"},
    Label{"TjenesteBehov",                   "Behov for tjenester"},
};
// clang-format on

}  // namespace

std::string extension_url(std::string_view name) {
  for (const auto& known : kExtensions)
    if (known.name == name) return std::string(known.url);
  return std::string(kExtensionBase) + std::string(name);
}

std::string_view oid_of(std::string_view system) {
  if (system.starts_with(kOid)) return system.substr(kOid.size());
  for (const auto& known : kSystems)
    if (known.url == system) return known.oid;
  return {};
}

std::string label(std::string_view element) {
  for (const auto& known : kLabels)
    if (known.element == element) return std::string(known.text);
  std::string text;
  for (const char c : element) {
    const bool capital = c >= 'A' && c <= 'Z';
    if (capital && !text.empty()) text += ' ';
    text += capital && text.size() > 1 ? static_cast<char>(c - 'A' + 'a') : c;
  }
  return text;
}

}  // namespace varde::mappings::rows
