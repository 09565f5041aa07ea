// varde config check, varde version, and how serve finds its settings
#include <cstdio>
#include <filesystem>

#include <fmt/format.h>

#include "server/access/role.h"
#include "server/command/command.h"
#include "server/command/config.h"
#include "server/command/files.h"
#include "server/command/issuers.h"
#include "server/command/profile_folder.h"
#include "server/command/signature_anchors.h"
#include "server/command/tell.h"
#include "server/command/tls_settings.h"

namespace varde::command {

Result<Config> config_of(const Arguments& arguments) {
  Config config;
  if (const auto data = arguments.get("--data")) config.data = *data;
  const auto beside = (std::filesystem::path(config.data) / "varde.conf").string();
  const auto given = arguments.get("--config");
  const bool has_file = given || std::filesystem::exists(beside);
  if (has_file) {
    const std::string name = given.value_or(beside);
    const auto applied =
        read_file(name).and_then([&](const std::string& text) { return apply_settings(text, config); });
    if (!applied) {
      Failure failure = applied.error();
      failure.diagnostics = name + ": " + failure.diagnostics;
      for (auto& each : failure.also) each.diagnostics = name + ": " + each.diagnostics;
      return tl::unexpected<Failure>(std::move(failure));
    }
  }
  if (const auto data = arguments.get("--data")) config.data = *data;  // the command line has the last word
  if (const auto listen = arguments.get("--listen"))
    if (const auto set = set_listen(config, *listen); !set)
      return fail(set.error().fault, "--listen " + set.error().diagnostics);
  if (const auto access = arguments.get("--access"))
    if (const auto set = set_access(config, *access); !set)
      return fail(set.error().fault, "--access " + set.error().diagnostics);
  return config;
}

int config_check(const Arguments& arguments) {
  const auto config = config_of(arguments);
  if (!config) {
    tell("{}\n", config.error().diagnostics);
    for (const auto& each : config.error().also) tell("{}\n", each.diagnostics);
    return kProblems;
  }
  fhir::Profiles profiles;
  if (const auto loaded = load_profiles(*config, profiles); !loaded) {
    tell("{}\n", loaded.error().diagnostics);
    return kProblems;
  }
  const auto issuers = issuers_of(*config);
  for (const auto& problem : {check_access(*config), check_tls(*config), issuers.map([](const auto&) {})}) {
    if (problem) continue;
    tell("{}\n", problem.error().diagnostics);
    return kProblems;
  }
  if (const auto anchors = signature_anchors_of(*config); !anchors) {
    tell("{}\n", anchors.error().diagnostics);
    return kProblems;
  }
  for (const auto& weak : weak_settings(*config, *issuers)) tell("weak: {}\n", weak);
  for (const auto& row : settings()) fmt::print("# {}\n{} = {}\n", row.help, row.key, row.show(*config));
  return kOk;
}

int roles(const Arguments&) {
  fmt::print("{}", access::role_page());
  return kOk;
}

int version(const Arguments&) {
  fmt::print("varde {} (FHIR R4 4.0.1)\n", VARDE_VERSION);
  return kOk;
}

}  // namespace varde::command
