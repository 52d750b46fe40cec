// Rows of a host program, written in the transaction of the commit that makes a record: whatever
// fails, such a row is there exactly when its record is. Each holds its record's leaf and bytes.
// And rows that it writes in a commit without any record.
#pragma once

#include <cstdint>
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
// Takes a row away, makes it another's, or adds one. False: there is none.
Result<bool> harm_row(store::Store& store, std::uint64_t drawn);

// A commit of the host program's alone, which is to leave a row more, or none when it `fails`.
Result<void> put_alone(store::Store& store, bool fails);
// How many of those rows there are.
Result<std::uint64_t> rows_alone(store::Store& store);

}  // namespace weft::faults
