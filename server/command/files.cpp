#include "server/command/files.h"

#include <cerrno>
#include <cstdio>
#include <cstring>
#include <memory>

#include <fmt/format.h>

#include "fhir-model/json/json.h"
#include "fhir-model/xml/xml.h"

namespace varde::command {
namespace {

struct Close {
  void operator()(std::FILE* file) const {
    if (file != stdin) std::fclose(file);
  }
};

void print_failure(const std::string& name, const Failure& failure) {
  const bool error = failure.severity == Severity::error;
  fmt::print(stderr, "{}: {}{}{}{}{} [{}]\n", name, error ? "" : name_of(failure.severity), error ? "" : ": ",
             failure.expression, failure.expression.empty() ? "" : ": ", failure.diagnostics,
             row_of(failure.fault).name);
}

}  // namespace

Result<std::string> read_file(const std::string& name) {
  const std::unique_ptr<std::FILE, Close> file(name == "-" ? stdin : std::fopen(name.c_str(), "rb"));
  if (!file) return fail(Fault::not_found, std::strerror(errno));
  std::string bytes;
  char block[64 * 1024];
  while (const std::size_t got = std::fread(block, 1, sizeof block, file.get())) {
    bytes.append(block, got);
    if (bytes.size() > kLargestFile) return fail(Fault::too_large, fmt::format("larger than {} bytes", kLargestFile));
  }
  if (std::ferror(file.get())) return fail(Fault::not_found, std::strerror(errno));
  return bytes;
}

Result<fhir::Tree> read_resource(const std::string& name) {
  return read_file(name).and_then([](const std::string& bytes) {
    const auto first = bytes.find_first_not_of(" \t\r\n\xEF\xBB\xBF");
    const bool is_xml = first != bytes.npos && bytes[first] == '<';
    return is_xml ? fhir::parse_xml(bytes) : fhir::parse_json(bytes);
  });
}

void print_failures(const std::string& name, const Failure& failure) {
  print_failure(name, failure);
  for (const auto& each : failure.also) print_failure(name, each);
}

}  // namespace varde::command
