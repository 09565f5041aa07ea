#include "tests/mappings/support/files.h"

#include <unistd.h>

#include <algorithm>
#include <cstdio>
#include <cstdlib>
#include <fstream>
#include <sstream>

namespace varde::tests {

namespace fs = std::filesystem;

fs::path source() {
  const char* given = std::getenv("VARDE_SOURCE");
  return given ? fs::path(given) : fs::current_path();
}

fs::path reference() {
  const char* given = std::getenv("VARDE_REFERENCE");
  const fs::path path = given ? fs::path(given) : source().parent_path() / "shared";
  return fs::exists(path / "kith" / "xsd") ? path : fs::path();
}

std::string content(const fs::path& file) {
  std::ifstream in(file, std::ios::binary);
  std::ostringstream out;
  out << in.rdbuf();
  return out.str();
}

std::vector<fs::path> files(const fs::path& folder, const std::string& ending) {
  std::vector<fs::path> found;
  if (!fs::exists(folder)) return found;
  for (const auto& entry : fs::recursive_directory_iterator(folder))
    if (entry.path().string().ends_with(ending)) found.push_back(entry.path());
  std::ranges::sort(found);
  return found;
}

bool officially_valid(const std::string& xml, std::string& complaints) {
  char name[] = "/tmp/varde-message-XXXXXX";
  const int handle = mkstemp(name);
  if (handle < 0 || write(handle, xml.data(), xml.size()) != static_cast<ssize_t>(xml.size())) {
    complaints = "cannot write a temporary file";
    return false;
  }
  close(handle);
  const std::string schema = (reference() / "kith" / "xsd" / "_all.xsd").string();
  const std::string command = "xmllint --nonet --noout --schema '" + schema + "' " + name + " 2>&1";
  std::FILE* pipe = popen(command.c_str(), "r");
  char buffer[4096];
  while (pipe && std::fgets(buffer, sizeof buffer, pipe)) complaints += buffer;
  const int status = pipe ? pclose(pipe) : -1;
  std::remove(name);
  return status == 0;
}

}  // namespace varde::tests
