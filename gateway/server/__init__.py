"""The venue on a port: connections, reports, market data, accounts, timetable, admin."""
