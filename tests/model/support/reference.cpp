#include "tests/model/support/reference.h"

#include <sys/wait.h>

#include <algorithm>
#include <array>
#include <cstdio>
#include <cstdlib>
#include <fstream>
#include <sstream>

namespace varde::test {
namespace fs = std::filesystem;

fs::path source_root() {
  const char* root = std::getenv("VARDE_SOURCE");
  return root != nullptr ? fs::path(root) : fs::current_path();
}

std::optional<fs::path> reference(std::string_view name) {
  const char* folder = std::getenv("VARDE_REFERENCE");
  const fs::path base = folder != nullptr ? fs::path(folder) : source_root() / ".." / "shared";
  const fs::path file = base / name;
  return fs::exists(file) ? std::optional(fs::canonical(file)) : std::nullopt;
}

std::string read_file(const fs::path& file) {
  std::ifstream in(file, std::ios::binary);
  std::ostringstream out;
  out << in.rdbuf();
  return std::move(out).str();
}

std::optional<Unpacked> Unpacked::archive(std::string_view name) {
  const auto file = reference(name);
  if (!file) return {};
  std::string folder = (fs::temp_directory_path() / "varde-test-XXXXXX").string();
  if (mkdtemp(folder.data()) == nullptr) return {};
  Unpacked unpacked{fs::path(folder)};
  const Ran tar = run_program("tar -xf '" + file->string() + "' -C '" + folder + "'");
  return tar.status == 0 ? std::optional(std::move(unpacked)) : std::nullopt;
}

Unpacked::~Unpacked() {
  std::error_code ignored;  // a folder left in the temporary directory harms nobody
  if (!folder_.empty()) fs::remove_all(folder_, ignored);
}

std::vector<fs::path> Unpacked::files(std::string_view extension) const {
  std::vector<fs::path> found;
  for (const auto& entry : fs::recursive_directory_iterator(folder_))
    if (entry.is_regular_file() && entry.path().extension() == extension) found.push_back(entry.path());
  std::ranges::sort(found);
  return found;
}

Ran run_program(const std::string& command_line) {
  FILE* pipe = popen((command_line + " 2>&1").c_str(), "r");
  if (pipe == nullptr) return {127, {}};
  std::string output;
  std::array<char, 4096> buffer;
  while (const std::size_t n = std::fread(buffer.data(), 1, buffer.size(), pipe)) output.append(buffer.data(), n);
  const int status = pclose(pipe);
  return {WIFEXITED(status) ? WEXITSTATUS(status) : 128, std::move(output)};
}

}  // namespace varde::test
