# SPDX-License-Identifier: Apache-2.0
embed_text(enrich countries data/countries.tsv)
embed_text(enrich ports data/ports.tsv)
embed_text(enrich iot_ports data/iot_ports.tsv)
embed_text(enrich organisation_aliases data/organisation_aliases.tsv)
embed_text(enrich scanner_names data/scanner_names.tsv)
