#include "server/operation/names.h"

#include "fhir-model/terminology/terminology.h"

namespace varde::operation {

namespace {

void add_names(fhir::Element said, std::string_view language, Names& names) {
  if (said["display"].has_value()) names.push_back({language, said["display"].value()});
  for (const auto designation : said.each("designation"))
    names.push_back({designation["language"].value(), designation["value"].value()});
}

}  // namespace

void add_names_of_set(fhir::Element set, const Coded& coded, Names& names) {
  for (const auto include : set["compose"].each("include"))
    if (include["system"].value() == coded.system)
      for (const auto listed : include.each("concept"))
        if (listed["code"].value() == coded.code) add_names(listed, set["language"].value(), names);
}

void add_names_of_system(const terminology::Codes& codes, fhir::Element system, const Coded& coded, Names& names) {
  if (const auto source = codes.source(coded.code)) return add_names(source, system["language"].value(), names);
  if (const auto found = codes.find(coded.code); found && !found->display.empty())
    names.push_back({"en", found->display});
  const auto listed = terminology::find_concept(terminology::find_code_system(coded.system), coded.code);
  if (listed == terminology::ConceptId::none) return;
  for (const auto& designation : terminology::designations_of(listed))
    names.push_back({designation.language, designation.text});
}

bool is_in_language(const Name& name, std::string_view language) {
  return !language.empty() && name.language.starts_with(language) &&
         (name.language.size() == language.size() || name.language[language.size()] == '-');
}

const Name* name_in(const Names& names, std::string_view languages) {
  while (!languages.empty()) {
    std::string_view one = languages.substr(0, languages.find(','));
    languages.remove_prefix(std::min(one.size() + 1, languages.size()));
    one = one.substr(0, one.find(';'));
    while (one.starts_with(' ')) one.remove_prefix(1);
    while (one.ends_with(' ')) one.remove_suffix(1);
    for (const Name& name : names)
      if (is_in_language(name, one)) return &name;
  }
  return nullptr;
}

}  // namespace varde::operation
