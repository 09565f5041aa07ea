#pragma once
/// @file tests/model/support/reference.h
/// Reference data that lies beside the project (VARDE_REFERENCE, default ../shared from the source root).
/// It is read, never copied into the project; without it the tests that need it say so and are skipped.
#include <filesystem>
#include <functional>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

namespace varde::test {

/// The source root: VARDE_SOURCE, or the working directory.
std::filesystem::path source_root();
/// Nothing when it is not there.
std::optional<std::filesystem::path> reference(std::string_view name);
std::string read_file(const std::filesystem::path& file);

/// An archive of reference data, unpacked into a private folder that goes away with it.
class Unpacked {
 public:
  static std::optional<Unpacked> archive(std::string_view name);
  Unpacked(Unpacked&& other) noexcept : folder_(std::exchange(other.folder_, {})) {}
  Unpacked& operator=(Unpacked&&) = delete;
  ~Unpacked();
  const std::filesystem::path& folder() const { return folder_; }
  /// Regular files with that extension (".json"), sorted.
  std::vector<std::filesystem::path> files(std::string_view extension) const;

 private:
  explicit Unpacked(std::filesystem::path folder) : folder_(std::move(folder)) {}
  std::filesystem::path folder_;
};

/// Exit status of a program and what it printed.
struct Ran {
  int status;
  std::string output;
};
Ran run_program(const std::string& command_line);

}  // namespace varde::test

#define VARDE_NEEDS_REFERENCE(name, found) \
  if (!(found)) GTEST_SKIP() << "reference data " << (name) << " is absent; set VARDE_REFERENCE to its folder"
