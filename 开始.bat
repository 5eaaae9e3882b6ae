@echo off
rem Double click: the page that leads from a folder of exports to the report.
cd /d "%~dp0"
if exist python\python.exe (python\python.exe jianfu.py start) else (py -3 jianfu.py start)
pause
