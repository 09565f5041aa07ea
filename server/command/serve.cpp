// varde serve: run until told to stop.
#include <unistd.h>

#include <csignal>
#include <cstdio>
#include <ctime>
#include <mutex>
#include <new>

#include <fmt/chrono.h>
#include <fmt/format.h>
#include <fmt/ranges.h>

#include "server/command/command.h"
#include "server/command/config.h"
#include "server/command/instance.h"
#include "server/command/issuers.h"
#include "server/command/process.h"
#include "server/command/tell.h"
#include "server/command/tls_settings.h"

namespace varde::command {
namespace {

constexpr int kLooksBetweenTrims = 25;

void log_line(std::string_view line) {
  static std::mutex mutex;
  const std::lock_guard lock(mutex);
  tell("{:%Y-%m-%dT%H:%M:%SZ} {}\n", fmt::gmtime(std::time(nullptr)), line);
}

enum class Demo { not_asked, loaded, directory_in_use };

Demo load_demo(Instance& varde, const Arguments& arguments) {
  if (!arguments.has("--demo") || arguments.has("--empty")) return Demo::not_asked;
  return varde.load_demo() ? Demo::loaded : Demo::directory_in_use;
}

constexpr std::string_view said(Demo demo) {
  switch (demo) {
    case Demo::not_asked: return "";
    case Demo::loaded:
      return "  patients   three fictitious ones, with 90 days of measurements, in this new directory\n";
    case Demo::directory_in_use:
      return "  patients   those of this directory; fictitious ones come into a new directory only\n";
  }
  return "";
}

void print_welcome(const Instance& varde, const Config& config, Demo demo) {
  const std::string root = varde.base().substr(0, varde.base().rfind('/'));
  fmt::print(
      "Varde is ready.\n\n  FHIR       {}\n  messages   POST {}/message, or files in {}/inbound\n  answers    "
      "{}/outbound\n  log        {}/messages\n",
      varde.base(), root, varde.messages_folder(), varde.messages_folder(), root);
  fmt::print("  we are     {}, {} (HER-id {})\n", config.organisation, config.department,
             fmt::join(config.her_ids, ", "));
  if (!config.her_id_is_set)
    fmt::print("             fictitious: messages to anybody are taken until her-id is set (varde config check)\n");
  fmt::print("{}", said(demo));
  fmt::print("\nTry:\n  curl {}/metadata\n", varde.base());
  if (config.access == Config::Access::demo_login) {
    fmt::print("  curl {}/.well-known/smart-configuration\n", varde.base());
    fmt::print("  {0}/messages (as Tove) and {0}/log (as Astrid) in a browser\n", root);
  } else if (demo == Demo::loaded && config.access != Config::Access::oauth)
    fmt::print("  curl {0}/Patient\n  curl '{0}/Task?status=requested'\n", varde.base());
  fmt::print("  varde demo          the whole story, step by step\n\nCtrl-C stops.\n");
  std::fflush(stdout);
}

/// Stopping has an end, whatever a thread waits for: what was acknowledged is on disk, and a service manager must not
/// wait for ever. SIGALRM ends the process.
void stop(Instance& varde) {
  constexpr unsigned kLongestStop = 60;  // seconds; requests under way have had theirs long before
  ::alarm(kLongestStop);
  varde.stop();
  ::alarm(0);
}

bool is_gone(const Instance& varde) {
  try {
    return varde.is_gone();
  } catch (const std::bad_alloc&) {
    return false;  // asked again in a moment
  }
}

/// A terminal that closes sends the same signal: then the same files are read again.
void reload_certificates(Instance& varde) {
  try {
    varde.reload_certificates();
    log_line("certificates were read again");
  } catch (const std::exception& error) {
    log_line(fmt::format("certificates could not be read again, those from before stay in use: {}", error.what()));
  }
}

/// A lost data directory stops us, too: what we acknowledged from then on would be kept nowhere.
int run_until_stopped(Instance& varde, const sigset_t& signals) {
  constexpr timespec kLook{0, 200'000'000};
  for (int looks = 1;; ++looks) {
    const int signal = sigtimedwait(&signals, nullptr, &kLook);
    if (signal == SIGHUP) {
      if (varde.has_certificates()) reload_certificates(varde);
    } else if (signal > 0) {
      log_line(fmt::format("stopping on signal {}", signal));
      stop(varde);
      return kOk;
    }
    if (is_gone(varde)) {
      log_line("stopping: the data directory was removed or replaced while it was in use");
      stop(varde);
      return kProblems;
    }
    if (looks % kLooksBetweenTrims == 0) give_back_memory();
  }
}

}  // namespace

int serve(const Arguments& arguments) {
  auto config = config_of(arguments);
  if (!config) {
    tell("varde: {}\n", config.error().diagnostics);
    for (const auto& each : config.error().also) tell("varde: {}\n", each.diagnostics);
    return kWrongUse;
  }
  for (const auto& problem : {check_access(*config), check_tls(*config)}) {
    if (problem) continue;
    tell("varde: {}\n", problem.error().diagnostics);
    return kWrongUse;
  }
  if (config->access == Config::Access::demo_login)
    log_line("access = demo-login: anybody on this machine may log in as any of the fictitious users");
  if (config->access == Config::Access::open_to_everybody)
    log_line("access = open-to-everybody: whoever reaches this server may read and change everything in it");
  config->accept_loss = arguments.has("--accept-loss");
  const auto signals = prepare_process();
  Instance varde(*config, log_line);
  const Demo demo = load_demo(varde, arguments);
  varde.start();
  print_welcome(varde, *config, demo);
  return run_until_stopped(varde, signals);
}

}  // namespace varde::command
