"""SIP and RTP on this computer: any softphone or test tool is a caller."""
