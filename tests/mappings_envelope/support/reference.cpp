#include "tests/mappings_envelope/support/reference.h"

#include <algorithm>
#include <cstdlib>
#include <fstream>
#include <iterator>
#include <set>
#include <stdexcept>

namespace varde::mappings::test {
namespace {

namespace fs = std::filesystem;

fs::path source_root() {
  const char* root = std::getenv("VARDE_SOURCE");
  return root ? fs::path(root) : fs::current_path();
}

std::string between(const std::string& text, const std::string& before, char after) {
  const auto at = text.find(before);
  if (at == std::string::npos) return {};
  const auto begin = at + before.size();
  return text.substr(begin, text.find(after, begin) - begin);
}

/// Payloads that this version leaves alone: they are refused as unsupported before any schema is asked.
constexpr std::string_view kNotCovered[] = {"xmlstds/rekvisisjon"};

}  // namespace

std::string file_content(const fs::path& path) {
  std::ifstream in(path, std::ios::binary);
  if (!in) throw std::runtime_error("cannot read " + path.string());
  return {std::istreambuf_iterator<char>(in), {}};
}

fs::path kith() {
  const char* set = std::getenv("VARDE_REFERENCE");
  const fs::path folder = (set ? fs::path(set) : source_root() / ".." / "shared") / "kith";
  return fs::exists(folder / "xsd" / "_all.xsd") ? folder : fs::path();
}

std::unique_ptr<XmlReader> official_reader() {
  const std::string all = file_content(kith() / "xsd" / "_all.xsd");
  std::vector<SchemaText> schemas;
  for (const auto& entry : fs::directory_iterator(kith() / "xsd")) {
    const std::string name = entry.path().filename().string();
    if (name == "_all.xsd") continue;
    std::string text = file_content(entry.path());
    const bool imported = all.find("\"" + name + "\"") != std::string::npos;
    std::string ns = imported ? between(text, "targetNamespace=\"", '"') : std::string();
    schemas.push_back({name, std::move(ns), std::move(text)});
  }
  return std::make_unique<XmlReader>(std::move(schemas));
}

std::vector<fs::path> covered_messages() {
  std::vector<fs::path> found;
  for (const char* folder : {"samples", "acceptance"})
    for (const auto& entry : fs::recursive_directory_iterator(kith() / folder)) {
      if (entry.path().extension() != ".xml") continue;
      const std::string text = file_content(entry.path());
      if (std::ranges::none_of(kNotCovered, [&](auto part) { return text.find(part) != std::string::npos; }))
        found.push_back(entry.path());
    }
  std::ranges::sort(found);
  return found;
}

std::string fixture(const std::string& name) {
  return file_content(source_root() / "tests" / "mappings_envelope" / "fixtures" / name);
}

}  // namespace varde::mappings::test
