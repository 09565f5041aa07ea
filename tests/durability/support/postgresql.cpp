#include "tests/durability/support/postgresql.h"

#include <cstdlib>
#include <fstream>
#include <stdexcept>

namespace varde::test {

Postgresql::Postgresql(std::filesystem::path home) : home_(std::move(home)) { run("start"); }

Postgresql::~Postgresql() { script("stop"); }

void Postgresql::crash() const { run("crash"); }
void Postgresql::resume() const { run("resume"); }

void Postgresql::write_settings(const std::filesystem::path& data) const {
  std::filesystem::create_directories(data);
  std::ofstream(data / "varde.conf") << "storage = " << url() << "\n";
}

std::string Postgresql::url() const {
  std::string url;
  std::getline(std::ifstream(home_ / "url"), url);
  return url;
}

int Postgresql::script(const std::string& verb) const {
  const char* source = std::getenv("VARDE_SOURCE");
  const auto quoted = [](const std::string& word) { return "'" + word + "' "; };
  return std::system((quoted(std::string(source ? source : ".") + "/tests/support/postgresql") + quoted(verb) +
                      quoted((home_ / "url").string()) + ">>" + quoted((home_ / "log").string()) + "2>&1")
                         .c_str());
}

void Postgresql::run(const std::string& verb) const {
  if (script(verb) != 0) throw std::runtime_error("PostgreSQL: " + verb + " failed; see " + (home_ / "log").string());
}

}  // namespace varde::test
