// Rows of a host program, written in the transaction of the commit that makes a record: whatever
// fails, such a row is there exactly when its record is. Each holds its record's leaf and bytes.
#pragma once

#include <set>
#include <string>

#include "store/store.h"

namespace weft::faults {

// Records that were handed over to be committed together with a row.
using Hosted = std::set<std::string>;

// Writes a row for the record of the next leaf. What must leave no trace (a row that is undone, and
// one whose transaction is dropped) comes before when `hesitates`. Whether the row is to be there
// after the commit.
Result<bool> share_row(store::Store& store, const std::string& record, bool hesitates);

// What is wrong with the rows of a store; empty when nothing is.
Result<std::string> wrong_row(store::Store& store, const Hosted& hosted);

}  // namespace weft::faults
