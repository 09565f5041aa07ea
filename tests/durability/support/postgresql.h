#pragma once
/// A PostgreSQL server of a test's own, which syncs as one in service does; its log and its URL lie in `home`.
#include <filesystem>
#include <string>

namespace varde::test {

class Postgresql {
 public:
  explicit Postgresql(std::filesystem::path home);
  ~Postgresql();
  Postgresql(const Postgresql&) = delete;
  void crash() const;   ///< at once, without finishing anything
  void resume() const;  ///< from what is on its disk
  /// That a varde in that directory stores its data there.
  void write_settings(const std::filesystem::path& data) const;
  std::string url() const;

 private:
  int script(const std::string& verb) const;
  void run(const std::string& verb) const;
  const std::filesystem::path home_;
};

}  // namespace varde::test
