// SPDX-License-Identifier: Apache-2.0
//
// The verbs of the program, one file each. Every function adds one sub-command to `parent`.
#pragma once

#include "app/verb.h"

namespace yagura::app {

// yagura telescope …
void add_telescope_read(Verb& parent);
void add_telescope_capture(Verb& parent);
void add_telescope_report(Verb& parent);
void add_telescope_top(Verb& parent);
void add_telescope_sources(Verb& parent);
void add_telescope_events(Verb& parent);
void add_telescope_attacks(Verb& parent);
void add_telescope_scanners(Verb& parent);
void add_telescope_synchrony(Verb& parent);
void add_telescope_activity(Verb& parent);
void add_telescope_packets(Verb& parent);
void add_telescope_forget(Verb& parent);

// yagura warning …
void add_warning_claims(Verb& parent);
void add_warning_contacts(Verb& parent);
void add_warning_list(Verb& parent);
void add_warning_members(Verb& parent);
void add_warning_outbox(Verb& parent);
void add_warning_scan(Verb& parent);

// yagura malware …
void add_malware_apk(Verb& parent);
void add_malware_train(Verb& parent);

// yagura livenet …
void add_livenet_triage(Verb& parent);
void add_livenet_marks(Verb& parent);

void add_serve(Verb& parent);
void add_backup(Verb& parent);
void add_restore(Verb& parent);
void add_sql(Verb& parent);
void add_store(Verb& parent);
void add_config(Verb& parent);
void add_generate(Verb& parent);

}  // namespace yagura::app
