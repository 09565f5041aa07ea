#include "server/command/profile_folder.h"

#include <fmt/format.h>

#include <algorithm>
#include <filesystem>
#include <vector>

#include "server/command/files.h"

namespace varde::command {
namespace {

namespace fs = std::filesystem;

std::vector<fs::path> definition_files(const fs::path& folder) {
  std::vector<fs::path> out;
  for (const auto& entry : fs::recursive_directory_iterator(folder))
    if (entry.is_regular_file() && (entry.path().extension() == ".json" || entry.path().extension() == ".xml"))
      out.push_back(entry.path());
  std::sort(out.begin(), out.end());
  return out;
}

tl::unexpected<Failure> about(const fs::path& file, Failure failure) {
  failure.diagnostics = file.string() + ": " + failure.diagnostics;
  return tl::unexpected<Failure>(std::move(failure));
}

}  // namespace

Result<void> load_profiles(const std::string& folder, fhir::Profiles& into) {
  std::error_code error;
  if (!fs::is_directory(folder, error)) return fail(Fault::not_found, folder + " is no folder of profiles");
  for (const fs::path& file : definition_files(folder)) {
    auto tree = read_resource(file.string());
    if (!tree) return about(file, tree.error());
    if (auto added = into.add(std::move(*tree)); !added) return about(file, added.error());
  }
  return {};
}

Result<void> load_profiles(const Config& config, fhir::Profiles& into) {
  if (!config.profiles.empty())
    if (auto loaded = load_profiles(config.profiles, into); !loaded) return loaded;
  for (const auto& [type, url] : config.required_profiles) {
    const auto found = into.find(url);
    FHIR_TRY(found);
    if (!*found) return fail(Fault::not_found, fmt::format("required-profiles: {} is not among the profiles", url));
    if (!fhir::derives_from(fhir::find_type(type), (*found)->type))
      return fail(Fault::type_unknown, fmt::format("required-profiles: {} is not for {}", url, type));
  }
  return {};
}

}  // namespace varde::command
