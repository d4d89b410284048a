# SPDX-License-Identifier: Apache-2.0
embed_folder(store schema schema/*.sql)
