//! Stored bytes that lie: never a panic, never memory beyond the bound, and the error says `Corrupt`.
