"""From records to what pages show: pure, no I/O, no clock."""
