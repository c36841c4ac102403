// What SIP watchers cost: new subscriptions, and NOTIFYs when 20 watch each presentity.

#include <cstdio>

#include "runs.h"
#include "watching.h"

namespace gates {
namespace {

void tell_repeated(const Watching& watching) {
  if (watching.repeated() == 0) return;
  std::printf("  (%zu messages came again: datagrams were lost or late)\n", watching.repeated());
}

Figures notify(const Setting& setting, Watching::By by, std::size_t changes,
               const std::string& name) {
  Watching watching(setting, setting.scale.presentities * kContacts);
  watching.subscribe_all();
  // Everybody's first change is not measured: a first publication also makes a row of the database.
  watching.change(setting.scale.presentities, by);
  const double cpu = watching.server().cpu_microseconds();
  watching.change(changes, by);
  const double spent = watching.server().cpu_microseconds() - cpu;
  tell_repeated(watching);
  return {{name, spent / static_cast<double>(changes * kContacts)}};
}

}  // namespace

Figures measure_subscribe(const Setting& setting) {
  Watching watching(setting, setting.scale.dialogs);
  const double cpu = watching.server().cpu_microseconds();
  watching.subscribe_all();
  const double spent = watching.server().cpu_microseconds() - cpu;
  tell_repeated(watching);
  return {{"subscribe", spent / static_cast<double>(setting.scale.dialogs)}};
}

Figures measure_notify(const Setting& setting) {
  return notify(setting, Watching::By::xmpp, setting.scale.fan_out_changes, "notify");
}

Figures measure_notify_by_publish(const Setting& setting) {
  return notify(setting, Watching::By::publish, setting.scale.fan_out_changes / 2,
                "notify by publish");
}

}  // namespace gates
