@echo off
rem Double click: the page that leads from a folder of exports to the report. With a command: that command.
cd /d "%~dp0"
set command=%*
if "%~1"=="" set command=start
if exist python\python.exe (python\python.exe jianfu.py %command%) else (py -3 jianfu.py %command%)
if "%~1"=="" pause
