#include <fmt/format.h>
#include <openssl/evp.h>

#include <algorithm>
#include <array>
#include <fstream>
#include <memory>
#include <stdexcept>
#include <string_view>

#include "server/bulk/import.h"

namespace varde::bulk {

namespace fs = std::filesystem;

namespace {

/// Who others point to comes before them; what is not named here comes last.
constexpr std::array<std::string_view, 17> kFirst{"CodeSystem",     "ValueSet",        "StructureDefinition",
                                                  "ConceptMap",     "SearchParameter", "Organization",
                                                  "Location",       "Practitioner",    "PractitionerRole",
                                                  "Device",         "Patient",         "RelatedPerson",
                                                  "CareTeam",       "EpisodeOfCare",   "CarePlan",
                                                  "ServiceRequest", "Encounter"};
constexpr std::array<std::string_view, 6> kEndings{".ndjson", ".ndjson.gz", ".json", ".json.gz", ".xml", ".xml.gz"};

/// "Patient.000.ndjson" -> that of Patient.
std::size_t rank_of(const fs::path& file) {
  const std::string name = file.filename();
  const auto type = std::string_view(name).substr(0, name.find_first_of(".-_"));
  return static_cast<std::size_t>(std::ranges::find(kFirst, type) - kFirst.begin());
}

bool holds_resources(const fs::path& file) {
  const std::string name = file.filename();
  return std::ranges::any_of(kEndings, [&](std::string_view ending) { return name.ends_with(ending); });
}

}  // namespace

std::vector<fs::path> resource_files(const fs::path& path) {
  if (!fs::exists(path)) throw std::runtime_error(path.string() + ": there is no such file or folder");
  if (!fs::is_directory(path)) return {path};
  std::vector<fs::path> files;
  for (const auto& entry : fs::recursive_directory_iterator(path))
    if (entry.is_regular_file() && holds_resources(entry.path())) files.push_back(entry.path());
  std::ranges::sort(files, [](const fs::path& a, const fs::path& b) {
    return std::make_pair(rank_of(a), a) < std::make_pair(rank_of(b), b);
  });
  return files;
}

std::string identity_of(const fs::path& file) {
  constexpr std::size_t kLookedAt = std::size_t{1} << 16;
  std::string start(kLookedAt, '\0');
  std::ifstream in(file, std::ios::binary);
  in.read(start.data(), static_cast<std::streamsize>(start.size()));
  std::array<unsigned char, EVP_MAX_MD_SIZE> digest{};
  unsigned int size = 0;
  if (EVP_Digest(start.data(), static_cast<std::size_t>(in.gcount()), digest.data(), &size, EVP_sha256(), nullptr) != 1)
    throw std::runtime_error("the file's digest cannot be made");
  std::string hex;
  for (unsigned int i = 0; i < 8; ++i) hex += fmt::format("{:02x}", digest[i]);
  return fmt::format("{}/{}/{}", file.filename().string(), fs::file_size(file), hex);
}

}  // namespace varde::bulk
