#include "server/command/files.h"

#include <cerrno>
#include <cstdio>
#include <cstring>
#include <memory>

#include <fmt/format.h>

#include "fhir-model/json/json.h"
#include "fhir-model/xml/xml.h"
#include "server/command/tell.h"

namespace varde::command {
namespace {

struct Close {
  void operator()(std::FILE* file) const {
    if (file != stdin) std::fclose(file);
  }
};

void print_failure(const std::string& name, const Failure& failure) {
  const std::string place = failure.place ? fmt::format(":{}:{}", failure.place.line, failure.place.column) : "";
  const bool error = failure.severity == Severity::error;
  tell("{}{}: {}{}{}{}{} [{}]\n", name, place, error ? "" : name_of(failure.severity), error ? "" : ": ",
       failure.expression, failure.expression.empty() ? "" : ": ", failure.diagnostics, row_of(failure.fault).name);
}

bool is_xml(std::string_view bytes) {
  const auto first = bytes.find_first_not_of(" \t\r\n\xEF\xBB\xBF");
  return first != bytes.npos && bytes[first] == '<';
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

Result<fhir::Tree> parse_resource(std::string_view bytes) {
  return is_xml(bytes) ? fhir::parse_xml(bytes) : fhir::parse_json(bytes);
}

void locate(std::string_view bytes, Failure& failure) {
  is_xml(bytes) ? fhir::locate_xml(bytes, failure) : fhir::locate_json(bytes, failure);
}

Result<fhir::Tree> read_resource(const std::string& name) {
  return read_file(name).and_then([](const std::string& bytes) { return parse_resource(bytes); });
}

void print_failures(const std::string& name, const Failure& failure) {
  print_failure(name, failure);
  for (const auto& each : failure.also) print_failure(name, each);
}

}  // namespace varde::command
